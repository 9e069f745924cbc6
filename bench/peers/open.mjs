// What the benches with peers share: a page of this folder in Chromium, and medians.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { chromium } from 'playwright'
import { createServer } from 'vite'
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

/** Seconds of processor time that all of the browser's processes have used so far. */
export async function processorMeter(browser) {
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
