// A run killed at 20 random moments ends with the adapter of the uninterrupted run, byte for byte.
import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import { download, trainOnSample, waitForEnd } from './page'

const run = 'steps=24&length=32&batch=1&rank=2&evaluate=12&targets=q.v&dropout=0.1'
const KILLS = Number(process.env['PLUME_KILLS'] ?? 20)

test('kills at random moments change nothing', async ({ browser }) => {
  const calm = await browser.newContext()
  const page = await calm.newPage()
  await trainOnSample(page, run)
  await waitForEnd(page)
  const expected = await weightsOf(page)
  await calm.close()

  // A fixed seed: the same moments on every machine, in share of a run.
  let random = 12345
  const next = () => (random = (random * 1103515245 + 12345) % 2 ** 31) / 2 ** 31
  const context = await browser.newContext()
  let tab = await context.newPage()
  await trainOnSample(tab, run)
  let kills = 0
  let runs = 0
  while (kills < KILLS) {
    const ended = await endsWithin(tab, 3000 + 20_000 * next())
    if (ended) {
      expect((await weightsOf(tab)).equals(expected), `run ${runs} after ${kills} kills`).toBe(true)
      runs += 1
      await trainOnSample(tab, run)
      continue
    }
    await tab.close({ runBeforeUnload: false })
    kills += 1
    tab = await reopen(context)
  }
  await waitForEnd(tab)
  expect((await weightsOf(tab)).equals(expected), `after ${kills} kills`).toBe(true)
  await context.close()
})

async function reopen(context: BrowserContext): Promise<Page> {
  const tab = await context.newPage()
  await tab.goto('/#/start')
  const resume = tab.getByRole('button', { name: 'Resume the run' })
  const isThere = await resume.waitFor({ timeout: 15_000 }).then(
    () => true,
    () => false,
  )
  // Killed before its first checkpoint: the run starts anew.
  if (isThere) await resume.click()
  else await trainOnSample(tab, run)
  return tab
}

function endsWithin(page: Page, milliseconds: number): Promise<boolean> {
  return page
    .getByRole('button', { name: 'Compare before and after' })
    .first()
    .waitFor({ timeout: milliseconds })
    .then(
      () => true,
      () => false,
    )
}

async function weightsOf(page: Page): Promise<Buffer> {
  await page.goto('/#/share')
  const file = await download(page, () =>
    page.getByRole('button', { name: /Download adapter_model.safetensors/ }).click(),
  )
  // The header names the settings and the corpus, not the time: the values are what counts.
  return file.subarray(8 + Number(file.readBigUInt64LE(0)))
}
