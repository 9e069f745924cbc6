// Where Chromium is, and how it is started so that WebGPU works without a GPU.
import { existsSync } from 'node:fs'
import { chromium } from 'playwright'

export const chromiumArguments = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  // A software adapter at work looks like a GPU that hangs, and one that was ended once would not come back.
  '--disable-gpu-watchdog',
  '--disable-gpu-process-crash-limit',
]

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The path of a Chromium or Chrome: CHROMIUM_PATH, the usual places, Playwright's own download. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH
  const candidates = [...(named ? [named] : []), ...usualPlaces, chromium.executablePath()]
  return candidates.find((path) => existsSync(path))
}
