// How an adapter leaves the page and comes back: its card changed by hand, a link that holds it, a fresh page that opens
// it, and a repository on the hub. What the hub answers is made here: no test reaches the real one.
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { unzipSync } from 'fflate'
import { HubUploads } from '../helpers/hubUploads'
import { download, trainOnSample, waitForEnd, watch } from './page'

const STORE = 'https://hf-hub-lfs-us-east-1.s3-accelerate.amazonaws.com'
const HUB = 'https://huggingface.co'

/** Answers for the hub, and for the store it gives out, as another origin. */
async function standInForTheHub(page: Page): Promise<HubUploads> {
  const hub = new HubUploads({ owner: 'me', token: 'hf_write', endpoint: () => HUB, storage: () => STORE })
  const allowed = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': '*, authorization',
    'access-control-allow-methods': '*',
    'access-control-expose-headers': '*',
  }
  await page.context().route(/^https:/, async (route) => {
    const request = route.request()
    const { origin, pathname, search } = new URL(request.url())
    if (request.method() === 'OPTIONS') return route.fulfill({ status: 204, headers: allowed })
    const answer = hub.answer({
      method: request.method(),
      url: `${pathname}${search}`,
      authorization: await request.headerValue('authorization').then((value) => value ?? undefined),
      body: request.postDataBuffer() ?? Buffer.alloc(0),
    })
    if (!answer || answer === 'cut' || ![HUB, STORE].includes(origin)) return route.abort()
    return route.fulfill({ status: answer.status, headers: { ...allowed, ...answer.headers }, json: answer.json ?? {} })
  })
  return hub
}

const axe = async (page: Page) => (await new AxeBuilder({ page }).analyze()).violations
const valuesOf = (file: Buffer) => file.subarray(8 + Number(file.readBigUInt64LE(0)))

test.setTimeout(120_000)

test('an adapter leaves with a card of one’s own, in a link, and to the hub', async ({ page, browser }) => {
  const seen = watch(page)
  const hub = await standInForTheHub(page)
  // No browser without a screen has the system's sheet for files.
  await page.addInitScript(() => {
    navigator.canShare = () => true
    navigator.share = ({ files }: ShareData = {}) => Promise.resolve(void (document.title = files?.[0]?.name ?? ''))
  })
  await trainOnSample(page, 'steps=3&length=32&batch=1&rank=2&evaluate=3&targets=q.v')
  await waitForEnd(page)
  await page.goto('/#/share')
  const card = page.getByRole('textbox', { name: 'README.md' })
  await expect(card).toHaveValue(/\| Steps \| 3 \|/)
  await expect(page.getByRole('img', { name: /The loss of the run/ })).toBeVisible()

  // The card: by a field, by hand, wrongly, and rightly again.
  await page.getByLabel('Title').fill('The lamp keeper')
  await page.getByLabel('Languages').fill('en, ko')
  await page.getByLabel('Licence').fill('cc0-1.0')
  await page.getByLabel('Licence').blur()
  await expect(card).toHaveValue(/language: \["en", "ko"\]\nlicense: "cc0-1.0"\n---\n\n# The lamp keeper\n/)
  const text = await card.inputValue()
  await card.fill(text.replace('license: "cc0-1.0"', 'license: cc0: 1.0'))
  await expect(page.getByText(/Line \d+ of the card cannot stand like this/)).toBeVisible()
  await card.fill(`${text}\nWritten by hand.\n`)
  await expect(page.getByText(/cannot stand like this/)).toBeHidden()
  await page.getByRole('radio', { name: 'float16', exact: true }).check()
  await expect(page.getByText(/Rounded to half precision/)).toBeVisible()
  const zip = unzipSync(await download(page, () => page.getByRole('button', { name: /Download the adapter/ }).click()))
  expect(Object.keys(zip)).toEqual(['README.md', 'adapter_config.json', 'adapter_model.safetensors', 'curves.png'])
  expect(Buffer.from(zip['README.md'] ?? []).toString()).toContain('Written by hand.')
  expect(
    Buffer.from(zip['curves.png'] ?? [])
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG')

  // To another app, and dragged out.
  await page.getByRole('button', { name: 'Hand plume-adapter.zip to another app' }).click()
  await expect(page).toHaveTitle('plume-adapter.zip')
  const dragged = await page.getByRole('button', { name: 'Download README.md' }).evaluate((button) => {
    const dataTransfer = new DataTransfer()
    button.dispatchEvent(new DragEvent('dragstart', { dataTransfer, bubbles: true }))
    return dataTransfer.getData('DownloadURL')
  })
  expect(dragged).toMatch(/^text\/markdown:README\.md:blob:http/)

  // The link, on a page that has nothing in common with this one.
  await page.getByRole('button', { name: 'Make a link with the adapter' }).click()
  const link = await page.getByLabel('Link with the adapter').inputValue()
  const elsewhere = await (await browser.newContext()).newPage()
  const seenThere = watch(elsewhere)
  await elsewhere.goto(link.slice(0, -40))
  await expect(elsewhere.getByText('This link is not whole')).toBeVisible()
  await elsewhere.getByRole('button', { name: 'Leave it' }).click()
  await elsewhere.goto('/#/start')
  await elsewhere.goto(link)
  await expect(elsewhere.getByText(/Nothing was opened yet/)).toBeVisible()
  expect(elsewhere.url()).not.toContain('adapter=')
  await expect(elsewhere.getByText('No adapter answers yet', { exact: false })).toBeVisible()
  expect(await axe(elsewhere)).toEqual([])
  await elsewhere.getByRole('button', { name: 'Open this adapter' }).click()
  await expect(elsewhere.getByText('It names this very base, by the hash of its weights.')).toBeVisible({
    timeout: 60_000,
  })
  await elsewhere.getByRole('radio', { name: 'float16', exact: true }).check()
  const single = (on: Page) =>
    download(on, () => on.getByRole('button', { name: 'Download plume-adapter.safetensors' }).click())
  expect(valuesOf(await single(elsewhere)).equals(valuesOf(await single(page)))).toBe(true)
  await elsewhere.context().close()

  // The hub: nothing before the button, then what was listed above it.
  expect(hub.asked).toEqual([])
  await page.getByLabel('Repository').fill('me/lamp-keeper')
  await page.getByLabel('Access token').fill('hf_write')
  await page.getByRole('button', { name: /Send .* to huggingface.co/ }).click()
  await expect(page.getByRole('link', { name: `${HUB}/me/lamp-keeper` })).toBeVisible()
  const made = hub.repositories.get('me/lamp-keeper')
  expect(made?.isPrivate).toBe(true)
  expect(Object.fromEntries([...(made?.files ?? [])].map(([name, bytes]) => [name, bytes.length]))).toEqual(
    Object.fromEntries(Object.entries(zip).map(([name, bytes]) => [name, bytes.length])),
  )
  await expect(page.getByRole('banner').getByText(/sent to the model hub in \d+ requests, as you asked/)).toBeVisible()
  await expect(page.getByLabel('Access token')).toHaveValue('')
  expect(await axe(page)).toEqual([])
  await page.screenshot({ path: test.info().outputPath('share.png'), fullPage: true })

  // What was written stays with the adapter.
  await page.goto('/#/model')
  await page.reload() // Model opens the model, and with it the adapter that was kept
  await expect(page.getByRole('link', { name: /Share\s*adapter ready/ })).toBeVisible({ timeout: 60_000 })
  await page.goto('/#/share')
  await expect(card).toHaveValue(/\| Steps \| 3 \|[^]*Written by hand\./)
  await expect(page.getByRole('img', { name: /The loss of the run/ })).toBeVisible()
  expect([...seen.complaints, ...seenThere.complaints]).toEqual([])
  expect(seenThere.foreignRequests).toEqual([])
})
