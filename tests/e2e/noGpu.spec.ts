// A browser without a GPU: the page says so, and trains on the processor all the same.
import { chromium, expect, test } from '@playwright/test'
import { findChromium } from '../../scripts/chromium.mjs'
import { smallRun, trainOnSample, waitForEnd, watch } from './page'

test('without a GPU the page trains, answers and measures on the processor', async ({ baseURL }) => {
  const executablePath = findChromium()
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: ['--no-sandbox', '--disable-background-networking'], // no adapter of any kind
  })
  const page = await browser.newPage(baseURL ? { baseURL } : {})
  const seen = watch(page)
  await page.goto(`/#/start?${smallRun}`)
  await expect(page.getByText('No usable GPU was found')).toBeVisible()
  await expect(page.getByText(/computes on the processor, through WebAssembly/)).toBeVisible()

  await trainOnSample(page)
  await expect(page.getByText(/nats per token/).first()).toBeVisible()
  await waitForEnd(page)
  await expect(page.getByText(/On held-out text/).first()).toBeVisible()

  await page.getByRole('button', { name: 'Compare before and after' }).first().click()
  await page.getByRole('radio', { name: 'Both' }).check()
  await page.getByRole('button', { name: 'Ask all four' }).click()
  await expect(page.locator('article').getByText(/first token/)).toHaveCount(4, { timeout: 60_000 })
  expect(seen.complaints).toEqual([])
  expect(seen.foreignRequests).toEqual([])
  await browser.close()
})
