// Where Vulkan's software adapter is: SwiftShader comes with Chromium and Chrome, as a small file that names
// the driver. Dawn refuses Mesa's own (lavapipe lacks what it needs), so without a GPU this is the way.
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ICD_FILE = 'vk_swiftshader_icd.json'

const usualFolders = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/usr/lib64/chromium-browser',
  '/opt/google/chrome',
  '/snap/chromium/current/usr/lib/chromium-browser',
]

/** The path of SwiftShader's ICD file beside a Chromium of this machine, or null. */
export function findSoftwareAdapter(environment: Readonly<Record<string, string | undefined>>): string | null {
  const named = environment['CHROMIUM_PATH']
  const folders = [
    ...(named !== undefined && existsSync(named) ? [dirname(realpathSync(named))] : []),
    ...usualFolders,
    ...playwrightFolders(environment),
  ]
  return folders.map((folder) => join(folder, ICD_FILE)).find((path) => existsSync(path)) ?? null
}

/** False when the system shows no graphics device at all: asking every driver would only print complaints. */
export function hasGraphicsDevice(): boolean {
  if (process.platform !== 'linux') return true
  return (
    existsSync('/dev/nvidia0') || existsSync('/dev/dxg') || listed('/dev/dri').some((name) => name.startsWith('render'))
  )
}

/** Playwright's own downloads, newest first. */
function playwrightFolders(environment: Readonly<Record<string, string | undefined>>): string[] {
  const root = environment['PLAYWRIGHT_BROWSERS_PATH'] ?? join(environment['HOME'] ?? '', '.cache/ms-playwright')
  return listed(root)
    .filter((name) => name.startsWith('chromium'))
    .sort()
    .reverse()
    .flatMap((name) => listed(join(root, name)).map((inner) => join(root, name, inner)))
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // there is none
  }
}
