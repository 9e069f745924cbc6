// A dropped novel trains 100 steps and lowers its validation loss; said with n = 3 seeds.
import { existsSync } from 'node:fs'
import { expect, test } from '@playwright/test'

const novel = '../shared/corpus/sherlock-holmes.txt'

for (const seed of [1, 2, 3]) {
  test(`sherlock-holmes.txt, 100 steps, seed ${seed}`, async ({ page }) => {
    test.skip(!existsSync(novel), `${novel} is not here: put the novel beside the repository to run this`)
    await page.goto(`/#/data?steps=100&length=128&batch=2&evaluate=50&seed=${seed}&validation=0.03`)
    await page.locator('input[type=file]').first().setInputFiles(novel)
    await expect(page.locator('main').getByText('sherlock-holmes.txt').first()).toBeVisible({ timeout: 60_000 })
    await page.goto(`/#/train?steps=100&length=128&batch=2&evaluate=50&seed=${seed}&validation=0.03`)
    await page.getByRole('button', { name: /Train 100 steps/ }).click()
    const outcome = page.getByText(/On held-out text the loss fell from/).first()
    await expect(outcome).toBeVisible({ timeout: 1_500_000 })
    const text = (await outcome.textContent()) ?? ''
    console.log(`seed ${seed}: ${text}`)
    const [, base = 0, best = 0] = (/from ([\d.]+) to ([\d.]+)/.exec(text) ?? []).map(Number)
    expect(base - best).toBeGreaterThan(0.1)
  })
}
