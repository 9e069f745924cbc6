// Every place in every dress, for everybody, and when things go wrong.
import AxeBuilder from '@axe-core/playwright'
import { chromium, expect, test } from '@playwright/test'
import { findChromium } from '../../scripts/chromium.mjs'
import { watch } from './page'

const places = ['start', 'data', 'model', 'train', 'compare', 'share', 'lab']

for (const colorScheme of ['light', 'dark'] as const) {
  for (const locale of ['en-US', 'ko-KR']) {
    test(`axe finds nothing on any place, ${colorScheme}, ${locale}`, async ({ browser }) => {
      const context = await browser.newContext({ colorScheme, locale })
      const page = await context.newPage()
      for (const place of places) {
        await page.goto(`/#/${place}`)
        await expect(page.locator('main h1, main h2').first()).toBeVisible()
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(
          violations.map(({ id, nodes }) => `${place}: ${id} ${nodes[0]?.html ?? ''}`),
          place,
        ).toEqual([])
      }
      await context.close()
    })
  }
}

test('the first run starts by keyboard alone', async ({ page }) => {
  await page.goto('/#/start?steps=2&length=32&batch=1&rank=2&targets=v')
  const button = page.getByRole('button', { name: 'Train the small model on a sample' })
  await expect(button).toBeVisible()
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab')
    if (await button.evaluate((element) => element === document.activeElement)) break
  }
  await expect(button).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/#\/train/)
})

test('the Lab measures this device, stops when asked, and draws what came', async ({ page }) => {
  const { complaints } = watch(page)
  await page.goto('/#/start')
  await page.getByRole('link', { name: 'Measure this device' }).click()
  await expect(page).toHaveURL(/#\/lab/)
  await expect(page.locator('nav [aria-current]')).toHaveCount(0)
  await page.getByRole('button', { name: 'Measure this device' }).click()
  const points = page.locator('[data-point]')
  await expect(points.nth(3)).toBeVisible({ timeout: 30_000 })
  await page.evaluate(() => (location.hash = '#/start'))
  await expect(page.getByRole('button', { name: 'Train the small model on a sample' })).toBeDisabled()
  await expect(page.getByText('Training can begin when that has ended.')).toBeVisible()
  await page.evaluate(() => (location.hash = '#/lab'))
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText(/Stopped after \d+ kernels/)).toBeVisible({ timeout: 15_000 })
  await points.first().focus()
  const first = await page.locator('[data-point]:focus').getAttribute('aria-label')
  await page.keyboard.press('ArrowRight')
  expect(await page.locator('[data-point]:focus').getAttribute('aria-label')).not.toBe(first)
  await page.getByText('Table and files').click()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`)).toEqual([])
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as JSON' }).click(),
  ])
  expect(file.suggestedFilename()).toBe('plume-lab.json')
  expect(complaints).toEqual([])
})

test('without WebGPU the page says why and what to do', async () => {
  const executablePath = findChromium()
  const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ['--no-sandbox'] })
  const page = await browser.newPage()
  await page.goto(`http://localhost:4199/#/start`)
  await expect(page.getByText(/GPU/).first()).toBeVisible()
  await expect(
    page
      .getByRole('alert')
      .or(page.getByText(/WebGPU/))
      .first(),
  ).toBeVisible({ timeout: 20_000 })
  await browser.close()
})

test.describe('a file that cannot be used', () => {
  const files = [
    { what: 'no text', buffer: Buffer.from([0, 159, 146, 150, 0, 1, 2, 3, 255, 254, 0, 7]), says: /text/i },
    { what: 'ten characters', buffer: Buffer.from('too little'), says: /(short|small|little)/i },
  ]
  for (const { what, buffer, says } of files) {
    test(`${what}: a sentence with the next step, and the page goes on`, async ({ page }) => {
      const { complaints } = watch(page)
      await page.goto('/#/data')
      const input = page.locator('input[type=file]').first()
      await input.setInputFiles({ name: 'mine.txt', mimeType: 'text/plain', buffer })
      await expect(page.locator('main').getByText(says).first()).toBeVisible({ timeout: 20_000 })
      const good = Buffer.from('The cat sat by the lamp and watched the sea. '.repeat(200))
      await page
        .locator('input[type=file]')
        .first()
        .setInputFiles({ name: 'good.txt', mimeType: 'text/plain', buffer: good })
      await expect(page.locator('main').getByText('good.txt').first()).toBeVisible({ timeout: 20_000 })
      expect(complaints).toEqual([])
    })
  }
})
