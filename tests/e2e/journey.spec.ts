// A person's path: one button, a run, a comparison with real figures, a file, and the file on another page.
import { expect, test } from '@playwright/test'
import { writeFileSync } from 'node:fs'
import { unzipSync } from 'fflate'
import { download, milestones, smallRun, trainOnSample, waitForEnd, watch } from './page'

test('from one button to an adapter that works on another page', async ({ page, browser }) => {
  const seen = watch(page)
  const opened = Date.now()
  await page.goto(`/#/start?${smallRun}`)
  await expect(page.getByRole('button', { name: 'Train the small model on a sample' })).toBeEnabled()
  expect(Date.now() - opened).toBeLessThan(3000)

  const started = Date.now()
  await trainOnSample(page)
  await expect(page.getByText(/nats per token/).first()).toBeVisible()
  await expect(page.getByText(/step [1-9]\d* of 8/i).first()).toBeVisible({ timeout: 60_000 })
  test.info().annotations.push({ type: 'first loss', description: `${Date.now() - started} ms after the click` })
  await waitForEnd(page)
  await expect(page.getByText(/On held-out text/).first()).toBeVisible()
  expect(await milestones(page, ['run built', 'step 1', 'validation 0', 'sample 0'])).toEqual([
    'run built',
    'step 1',
    'validation 0',
    'sample 0',
  ])

  await page.getByRole('button', { name: 'Compare before and after' }).first().click()
  await page.getByRole('radio', { name: 'Both' }).check()
  await page.getByRole('button', { name: 'Ask all four' }).click()
  await expect(page.locator('article').getByText(/first token/)).toHaveCount(4, { timeout: 120_000 })
  await expect(page.locator('article span[title*="likely"], article mark[title*="likely"]').first()).toBeAttached()

  const measuring = Date.now()
  await page.getByRole('button', { name: 'Measure all' }).click()
  await expect(page.getByText('Measure all')).toBeEnabled({ timeout: 120_000 }) // issue 5 allows two minutes
  test.info().annotations.push({ type: 'four cells', description: `${Date.now() - measuring} ms` })
  await expect(page.getByText(/int8 stores the linear weights in/)).toBeVisible()
  await expect(page.getByText('Yes. The linear weights take 26.6%')).toBeVisible()
  const row = page.getByRole('row', { name: /Same likeliest token/ })
  await expect(row).toContainText('the reference')
  await expect(row.getByText('%').first()).toBeVisible()
  const file = await download(page, () => page.getByRole('button', { name: 'Save the figures' }).click())
  expect(JSON.parse(file.toString())).toMatchObject({ format: 'plume-comparison', cells: { length: 4 } })

  const picture = await download(page, () => page.getByRole('button', { name: 'Save as a picture' }).click())
  expect(picture.subarray(1, 4).toString()).toBe('PNG')
  expect(picture.byteLength).toBeGreaterThan(30_000) // an empty one is smaller by far
  writeFileSync(test.info().outputPath('figures.png'), picture)

  await page.getByRole('button', { name: 'Measure there' }).click()
  await page.getByRole('button', { name: 'Stop after this one' }).click() // on WebGPU without a GPU it takes a minute
  await expect(page.getByText(/In float32 both say the same: over 64 tokens/)).toBeVisible({ timeout: 120_000 })
  await expect(page.getByRole('row', { name: /ONNX Runtime, WebAssembly, float32/ })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Measure there' })).toBeEnabled({ timeout: 60_000 })

  await page.getByRole('button', { name: /Look into q of layer 1/ }).click()
  await expect(page.getByRole('heading', { name: /q_proj of layer 1, 256 × 256/ })).toBeVisible({ timeout: 30_000 })
  await expect(page.getByText(/of 4 directions hold 90 % of the change/)).toBeVisible()
  await page.screenshot({ path: test.info().outputPath('compare.png'), fullPage: true })

  await page.goto('/#/share')
  const zip = await download(page, () => page.getByRole('button', { name: /Download the adapter/ }).click())
  const weights = await download(page, () =>
    page.getByRole('button', { name: /Download adapter_model.safetensors/ }).click(),
  )
  expect(zip.subarray(0, 2).toString()).toBe('PK')
  await expect(page.getByText(/on 3\d tokens the logits (?:with each file differ|are the live model’s)/)).toBeVisible()

  await page.getByRole('button', { name: 'Make the whole model' }).click()
  await expect(page.getByText(/The whole model in float16 is ready/)).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText(/100(?:\.0)?% of its likeliest tokens are the same/)).toBeVisible()
  const model = await download(page, () => page.getByRole('button', { name: 'Download plume-model.zip' }).click())
  const bare = unzipSync(model)
  expect(Object.keys(bare)).toEqual(expect.arrayContaining(['config.json', 'tokenizer.json', 'model.safetensors']))

  await page.getByRole('radio', { name: /llama\.cpp/ }).check()
  await page.getByRole('radio', { name: /Q8_0/ }).check()
  await page.getByRole('button', { name: 'Make the whole model' }).click()
  await expect(page.getByText(/The whole model in GGUF Q8_0 is ready/)).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText(/model and Modelfile lie side by side/)).toBeVisible()
  const gguf = unzipSync(
    await download(page, () => page.getByRole('button', { name: 'Download plume-model.zip' }).click()),
  )
  expect(Object.keys(gguf).sort()).toEqual(['Modelfile', 'README.md', 'model-q8_0.gguf'])
  const modelfile = new TextDecoder().decode(gguf['Modelfile'])
  expect(modelfile).toContain('FROM ./model-q8_0.gguf')
  expect(modelfile).toContain('TEMPLATE """{{ .Prompt }}"""') // the page's own model brings no chat template

  await page.getByRole('radio', { name: /ONNX Runtime/ }).check()
  await page.getByRole('button', { name: 'Make the whole model' }).click()
  await expect(page.getByText(/The whole model in ONNX float32 is ready/)).toBeVisible({ timeout: 60_000 })
  const onnx = unzipSync(
    await download(page, () => page.getByRole('button', { name: 'Download plume-model.zip' }).click()),
  )
  expect(Object.keys(onnx)).toEqual(expect.arrayContaining(['config.json', 'tokenizer.json', 'onnx/model.onnx']))

  await page.getByRole('checkbox', { name: /With my text, as tokens/ }).check()
  const run = unzipSync(
    await download(page, () => page.getByRole('button', { name: 'Download plume-run.zip' }).click()),
  )
  expect(Object.keys(run)).toEqual(expect.arrayContaining(['train.py', 'adapter/adapter_config.json', 'data.jsonl']))

  // A fresh page, as another person's: no storage in common.
  const elsewhere = await browser.newContext()
  const other = await elsewhere.newPage()
  const seenThere = watch(other)
  await other.goto('/#/share')
  await other
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'plume-adapter.zip', mimeType: 'application/zip', buffer: zip })
  await expect(other.getByText('It names this very base, by the hash of its weights.')).toBeVisible({ timeout: 60_000 })
  const again = await download(other, () =>
    other.getByRole('button', { name: /Download adapter_model.safetensors/ }).click(),
  )
  const values = (file: Buffer) => file.subarray(8 + Number(file.readBigUInt64LE(0)))
  expect(values(again).equals(values(weights))).toBe(true)

  // It is on the shelf, under its name, also at the next visit.
  await other.getByRole('button', { name: 'Rename plume-adapter' }).click()
  await other.getByRole('textbox', { name: 'New name' }).fill('lamp log')
  await other.keyboard.press('Enter')
  await expect(other.getByRole('radio', { name: 'Use lamp log' })).toBeChecked()
  await other.reload()
  await other.getByRole('button', { name: 'Open the model' }).click()
  await expect(other.getByRole('radio', { name: 'Use lamp log' })).toBeChecked({ timeout: 30_000 })
  await elsewhere.close()

  for (const { foreignRequests, complaints } of [seen, seenThere]) {
    expect(foreignRequests).toEqual([])
    expect(complaints).toEqual([])
  }
})

test('a closed tab resumes from its last checkpoint', async ({ context, page }) => {
  const slow = 'steps=40&length=64&batch=2&rank=4&evaluate=0'
  await trainOnSample(page, slow)
  await expect(page.getByText(/Saved at step/)).toBeVisible({ timeout: 120_000 })
  await page.close({ runBeforeUnload: false })

  const next = await context.newPage()
  await next.goto('/#/start')
  await next.getByRole('button', { name: 'Resume the run' }).click({ timeout: 60_000 })
  await expect(next.getByText(/step (?:[2-9]|[1-4]\d) of 40/i).first()).toBeVisible({ timeout: 90_000 })
  await next.getByRole('button', { name: 'Stop and keep the best' }).click()
  await waitForEnd(next)
})

test('a first visitor looks into the model before anything else', async ({ page }) => {
  const seen = watch(page)
  await page.goto('/#/compare')
  await page.getByRole('button', { name: 'Open the model' }).click()
  await page.getByRole('button', { name: 'Look', exact: true }).click({ timeout: 30_000 })
  await expect(page.getByRole('heading', { name: /q_proj of layer 1, 256 × 256/ })).toBeVisible({ timeout: 30_000 })
  await expect(page.getByText(/the worst of its [\d,]+ blocks/)).toBeVisible()
  expect(seen.complaints).toEqual([])
})
