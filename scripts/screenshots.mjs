// npm run screenshots: the places at 1440 and 390 px, light and dark, into screenshots/ (which git ignores).
// Builds the page, serves it, and does one short real run, so that Train, Compare and Share show something.
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { chromiumArguments, findChromium } from './chromium.mjs'

const places = ['start', 'data', 'model', 'train', 'compare', 'share']
const widths = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]
const run = 'steps=30&length=64&batch=2&evaluate=10&rank=4'

await build({ logLevel: 'error', build: { outDir: 'dist' } })
const server = await preview({ preview: { port: 4188, strictPort: true } })
const executablePath = findChromium()
const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: chromiumArguments })
mkdirSync('screenshots', { recursive: true })

// One context keeps the adapter; the theme and the width change under it.
const context = await browser.newContext({ colorScheme: 'light', locale: process.env.LOCALE ?? 'en-US' })
const page = await context.newPage()
page.setDefaultTimeout(300_000)
await page.setViewportSize(widths[0])
await page.goto(`http://localhost:4188/#/start?${run}`)
await shoot('start', true)
await page.locator('main button').first().click()
await page.waitForURL(/#\/train/)
await page.waitForTimeout(30_000)
await shoot('running', false)
await page.waitForFunction(() => /30|finished/i.test(document.querySelector('main')?.textContent ?? ''))
await page
  .locator('main a[href*="compare"], main button', { hasText: /Compare|비교/ })
  .first()
  .click()
await page.waitForURL(/#\/compare/)
await page.getByRole('button', { name: /Ask both models|두 모델/ }).click()
await page.waitForTimeout(15_000)
await page
  .getByRole('button', { name: /Measure all|모두 재기|모두/ })
  .first()
  .click()
await page.waitForTimeout(45_000)
for (const place of places.slice(1)) await shoot(place, true)
await browser.close()
await server.close()

async function shoot(place, goThere) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    for (const size of widths) {
      await page.setViewportSize(size)
      if (goThere) await page.evaluate((name) => (location.hash = `#/${name}`), place)
      await page.waitForTimeout(600)
      await page.screenshot({ path: `screenshots/${place}-${size.width}-${colorScheme}.png`, fullPage: true })
    }
  }
}
