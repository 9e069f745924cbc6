// What the benches with peers share: a page of this folder in Chromium, or its script in Node, and medians.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { createServer, runnerImport } from 'vite'
import { chromiumArguments, findChromium } from '../../scripts/chromium.mjs'

/** Opens `path` of this folder and waits until it has set `window[name]`. */
export async function openPage(path, name, { usesGpu }) {
  const server = await createServer({ server: { port: 0 }, logLevel: 'error' })
  await server.listen()
  const args = usesGpu ? ['--no-sandbox', '--enable-unsafe-webgpu', '--enable-features=Vulkan'] : chromiumArguments
  const executablePath = findChromium()
  const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args })
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.error(error.message))
  const { port } = server.httpServer.address()
  await page.goto(`http://localhost:${port}/bench/peers/${path}`)
  await page.waitForFunction((one) => window[one] !== undefined, name)
  const close = async () => {
    await browser.close()
    await server.close()
  }
  return { browser, page, close }
}

/**
 * Runs the script of a page in Node, on Dawn and the Vulkan driver that VK_ICD_FILENAMES names: for an adapter that Chromium
 * does not start on.
 */
export async function openInNode(script) {
  const { create, globals } = await import('webgpu')
  Object.assign(globalThis, globals, { window: globalThis })
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]), userAgent: 'Node' }, configurable: true })
  const folder = fileURLToPath(new URL('.', import.meta.url))
  await runnerImport(`${folder}${script}`, { configFile: false, logLevel: 'error' })
  const page = { evaluate: (work, given) => work(given) }
  const browser = { version: () => `Node ${process.version}` }
  // Dawn's own threads would keep the process alive.
  return { browser, page, close: () => process.exit() }
}

/** Seconds of processor time that all of the browser's processes, or this one, have used so far. */
export async function processorMeter(browser) {
  if (!browser.newBrowserCDPSession) {
    return async () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    }
  }
  const session = await browser.newBrowserCDPSession()
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
  }
}

/** Median, and half the distance between the quartiles. */
export function summarize(list) {
  const sorted = list.toSorted((a, b) => a - b)
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))]
  return { median: at(0.5), spread: (at(0.75) - at(0.25)) / 2 }
}

export function writeResult(path, { device, browser, results }) {
  const result = { device, browser: browser.version(), date: new Date().toISOString().slice(0, 10), results }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(result, null, 1)}\n`)
}
