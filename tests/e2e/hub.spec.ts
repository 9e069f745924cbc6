// A model from the hub, on the built page under its real policy. What the hub answers is made here from the model
// that the page ships with: no test reaches the real one.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'

const ID = 'plume-tests/stories'
const COMMIT = 'a'.repeat(40)
const files = ['config.json', 'tokenizer.json', 'model.safetensors'].map((path) => ({
  path,
  bytes: readFileSync(`public/models/plume-stories/${path}`),
}))
const allowed = { 'access-control-allow-origin': '*' }

/** Counts what reaches the hub, and answers for it. */
async function standInForTheHub(page: Page): Promise<string[]> {
  const asked: string[] = []
  await page.context().route('https://huggingface.co/**', async (route) => {
    const path = new URL(route.request().url()).pathname
    asked.push(path)
    if (path === `/api/models/${ID}/revision/main`) {
      const siblings = files.map(({ path: rfilename, bytes }) => ({
        rfilename,
        size: bytes.length,
        blobId: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
        ...(rfilename.endsWith('.safetensors')
          ? { lfs: { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } }
          : {}),
      }))
      return route.fulfill({ headers: allowed, json: { sha: COMMIT, siblings, cardData: { license: 'mit' } } })
    }
    const file = files.find((one) => path === `/${ID}/resolve/${COMMIT}/${one.path}`)
    return file
      ? route.fulfill({ headers: allowed, body: file.bytes })
      : route.fulfill({ status: 404, headers: { ...allowed, 'x-error-code': 'RepoNotFound' } })
  })
  return asked
}

async function openModels(page: Page): Promise<void> {
  await page.goto('/#/model')
  await page.getByText('Use another model').click()
  await expect(page.getByText('HuggingFaceTB/SmolLM2-135M', { exact: true })).toBeVisible()
}

test('a model is downloaded, used, kept, and deleted', async ({ page }) => {
  const asked = await standInForTheHub(page)
  await openModels(page)
  await expect(page.getByText('Fits', { exact: true }).first()).toBeVisible({ timeout: 60_000 })
  expect(asked).toEqual([]) // looking at the list asks nobody

  await page.getByLabel('Model id or address').fill('plume-tests/nothing')
  const submit = page.getByRole('button', { name: 'Download', exact: true })
  await submit.click()
  await expect(page.getByText('The hub knows no such model')).toBeVisible()

  await page.getByLabel('Model id or address').fill(`https://huggingface.co/${ID}`)
  await submit.click()
  await expect(page.getByRole('button', { name: `In use: ${ID}` })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText(/requests to the model hub/)).toBeVisible()
  await expect(page.getByRole('banner').getByText(ID)).toBeVisible({ timeout: 60_000 })
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  const before = asked.length

  await page.reload()
  await openModels(page)
  await page.getByRole('button', { name: `Use: ${ID}` }).click()
  await expect(page.getByRole('banner').getByText(ID)).toBeVisible({ timeout: 60_000 })
  expect(asked.length).toBe(before) // what is stored is not asked for

  await page.getByRole('button', { name: 'Back to the embedded model' }).click()
  await page.getByRole('button', { name: `Delete: ${ID}` }).click()
  await page.getByRole('button', { name: 'Delete it' }).click()
  await expect(page.getByRole('button', { name: `Use: ${ID}` })).toBeHidden()
})

test('the page itself may not reach the hub', async ({ page }) => {
  await standInForTheHub(page)
  await page.goto('/#/start')
  const refused = await page.evaluate(() =>
    fetch('https://huggingface.co/x').then(
      () => false,
      () => true,
    ),
  )
  expect(refused).toBe(true)
})
