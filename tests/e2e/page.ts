// What the end-to-end tests do on the page, in a person's words.
import { expect, type Page } from '@playwright/test'

/** Settings small enough for the software adapter. */
export const smallRun = 'steps=8&length=64&batch=1&rank=4&evaluate=4&targets=q.v'

export interface Watch {
  readonly foreignRequests: string[]
  readonly complaints: string[]
}

/** Collects requests to other origins and what the console complains about. */
export function watch(page: Page): Watch {
  const foreignRequests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url())
    if (hostname !== 'localhost' && protocol.startsWith('http')) foreignRequests.push(request.url())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return { foreignRequests, complaints }
}

export async function trainOnSample(page: Page, settings = smallRun): Promise<void> {
  await page.goto(`/#/start?${settings}`)
  await page.getByRole('button', { name: 'Train the small model on a sample' }).click()
}

export async function waitForEnd(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Compare before and after' }).first()).toBeVisible({ timeout: 150_000 })
}

/** The file of a download that `click` starts. */
export async function download(page: Page, click: () => Promise<void>): Promise<Buffer> {
  const waiting = page.waitForEvent('download')
  await click()
  const stream = await (await waiting).createReadStream()
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Which of `names` the engine has marked on its timeline, in the order of their first times. */
export async function milestones(page: Page, names: readonly string[]): Promise<string[]> {
  const read = () =>
    performance.getEntriesByType('mark').map(({ name, startTime }) => ({ name: name.slice(7), startTime }))
  const lists = await Promise.all(page.workers().map((worker) => worker.evaluate(read)))
  const marks = lists.flat().toSorted((a, b) => a.startTime - b.startTime)
  return [...new Set(marks.map(({ name }) => name))].filter((name) => names.includes(name))
}
