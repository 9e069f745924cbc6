// A person's own data on the built page, under its content security policy.
import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { watch } from './page'

const chooser = 'main input[type=file]'

test('a Korean text in CP949 with syllables that EUC-KR lacks', async ({ page }) => {
  // 똠방각하 and a line end; 똠 is 8C 63 and stands in no KS X 1001.
  const word = [0x8c, 0x63, 0xb9, 0xe6, 0xb0, 0xa2, 0xc7, 0xcf, 0x0a, 0x0a]
  const paragraph = [...Array.from({ length: 40 }, () => [0xc0, 0xcc, 0xb4, 0xd9, 0x20]).flat(), ...word]
  const buffer = Buffer.from(Array.from({ length: 6 }, (_, i) => [0x30 + i, 0x20, ...paragraph]).flat())
  await page.goto('/#/data')
  await page.locator(chooser).first().setInputFiles({ name: '글.txt', mimeType: 'text/plain', buffer })
  await expect(page.getByText(/EUC-KR \(CP949\)/)).toBeVisible({ timeout: 20_000 })
  await expect(page.locator('[class*=tokens]').getByText('똠').first()).toBeVisible()
  await expect(page.getByText(/tokenizer is a bad fit/)).toBeVisible()
})

test('a table whose columns nobody knows, until a person says which is which', async ({ page }) => {
  const rows = Array.from({ length: 30 }, (_, i) => `The room ${i} was quiet and near the sea.;${i % 5};Busan`)
  const buffer = Buffer.from(['review;stars;city', ...rows].join('\n'))
  await page.goto('/#/data')
  await page.locator(chooser).first().setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer })
  await expect(page.getByText('The columns of this file are not known here')).toBeVisible({ timeout: 20_000 })
  await page.getByLabel('What the column stars is used as').selectOption('answer')
  await expect(page.getByText('Choose a column for the prompt and one for the answer.')).toBeVisible()
  await page.getByLabel('What the column review is used as').selectOption('prompt')
  await expect(page.getByText('read as prompts and answers')).toBeVisible()

  const border = page.getByLabel('Drag to change the sequence length')
  await border.focus()
  await border.press('ArrowLeft')
  await expect(page.getByText('cut at 96')).toBeVisible()
  await expect(border).toBeFocused()

  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`)).toEqual([])
})

test('a Parquet file of conversations, read by code that is fetched for it', async ({ page }) => {
  const seen = watch(page)
  const buffer = readFileSync('tests/unit/text/fixtures/messages.zstd.parquet')
  await page.goto('/#/data')
  await page
    .locator(chooser)
    .first()
    .setInputFiles({ name: 'train.parquet', mimeType: 'application/octet-stream', buffer })
  await expect(page.getByText('read as conversations')).toBeVisible({ timeout: 20_000 })
  await page.getByText('The template, exactly').click()
  await expect(page.getByText('{assistant}')).toBeVisible()
  expect(seen.complaints).toEqual([])
})

test('a folder, with what lies beside the data', async ({ page }) => {
  await page.goto('/#/data')
  await page.getByLabel('Choose a folder').setInputFiles('tests/unit/text/fixtures')
  // The script that made the files, and one packed in a way that is not read.
  await expect(page.getByText(/Left out a file/)).toHaveCount(2, { timeout: 20_000 })
  await expect(page.getByText('4 files')).toBeVisible()
})
