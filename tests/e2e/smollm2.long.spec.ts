// The real SmolLM2-135M-Instruct on the page: chosen as a file, it answers through its own chat template, in
// float32 and in int8.
import { expect, test } from '@playwright/test'
import { smollm2File } from '../helpers/smollm2'
import { NoPython } from '../helpers/python'
import { watch } from './page'

test('a GGUF file answers a chat in both precisions', async ({ page }) => {
  const file = await smollm2File().catch((thrown: unknown) => {
    if (thrown instanceof NoPython) return test.skip(true, thrown.message)
    throw thrown
  })
  const seen = watch(page)
  await page.goto('/#/model')
  await page.getByText('Use another model').click()
  await page.locator('main input[type=file]').first().setInputFiles(String(file))
  await expect(page.getByText(/134\.5M parameters, 30 layers/)).toBeVisible({ timeout: 120_000 })

  await page.goto('/#/compare')
  await page.locator('textarea').first().fill('What is the capital of France?')
  for (const precision of ['float32', 'int8']) {
    await page.getByRole('radio', { name: precision }).check()
    await page.getByRole('button', { name: 'Ask the base' }).click()
    await expect(page.getByRole('button', { name: 'Ask the base' })).toBeHidden()
    const answer = page.locator('article').first()
    await expect(answer.getByText(/It ended by itself|Cut at the limit/)).toBeVisible({ timeout: 600_000 })
    await expect(answer).toContainText('Paris')
  }
  await page.getByText('What the models read, exactly').click()
  await expect(page.getByText('<|im_start|>user')).toBeVisible()
  expect(seen.complaints).toEqual([])
  expect(seen.foreignRequests).toEqual([])
})
