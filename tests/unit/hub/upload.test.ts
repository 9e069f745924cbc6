// Uploads to a server that behaves like the hub, and badly where told to. The real hub is never asked.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { UploadProgress, UploadRequest } from '../../../src/hub/api'
import { HubService } from '../../../src/hub/hubService'
import { HubServer } from '../../helpers/hubServer'
import type { UploadAnswer } from '../../helpers/hubUploads'
import { MemoryFileStore } from '../../helpers/memoryFileStore'

const weights = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7919) >> 3)
const text = (content: string) => new TextEncoder().encode(content)
const files = [
  { name: 'README.md', bytes: text('---\nlibrary_name: peft\n---\n\n# 카드\n') },
  { name: 'adapter_config.json', bytes: text('{"peft_type":"LORA"}') },
  { name: 'adapter_model.safetensors', bytes: weights },
  { name: 'curves.png', bytes: Uint8Array.of(0x89, 0x50, 0, 0) },
]
const totalBytes = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
const request: UploadRequest = { id: 'me/adapter', token: 'hf_write', isPrivate: true, mayExist: false, files }

let hub: HubServer
let waits: number[]

beforeEach(async () => {
  hub = await HubServer.start('someone/model', [])
  waits = []
})
afterEach(() => hub.close())

function service(): HubService {
  return new HubService({
    endpoint: hub.endpoint,
    uploadOrigins: [],
    store: new MemoryFileStore(),
    fetch: (...call) => fetch(...call),
    lock: () => Promise.resolve(() => undefined),
    now: () => performance.now(),
    wait: (ms) => Promise.resolve(void waits.push(ms)),
  })
}

const upload = (change: Partial<UploadRequest> = {}) => service().upload({ ...request, ...change }, () => undefined)
const stored = () => hub.uploads.repositories.get('me/adapter')
const paths = () =>
  hub.uploads.asked.map(({ method, url }) => `${method} ${url.split('?')[0]?.replace(/\w{64}/, 'oid')}`)

function expectWhole(): void {
  for (const { name, bytes } of files) expect(stored()?.files.get(name)?.equals(bytes), name).toBe(true)
  expect(stored()?.files.size).toBe(files.length)
}

describe('an upload', () => {
  test('makes a private repository and commits every file to it, large ones beside', async () => {
    const told: UploadProgress[] = []
    let sent = 0
    const made = await service().upload(request, (progress, traffic) => {
      told.push(progress)
      sent = traffic.sentBytes
    })
    expectWhole()
    expect(made.address).toBe(`${hub.endpoint}/me/adapter`)
    expect(made.commit).toMatch(/^[0-9a-f]{40}$/)
    expect(stored()).toMatchObject({ isPrivate: true, commits: 1 })
    expect(paths()).toEqual([
      'POST /api/repos/create',
      'POST /api/models/me/adapter/preupload/main',
      'POST /me/adapter.git/info/lfs/objects/batch',
      'PUT /store/oid',
      'POST /me/adapter.git/info/lfs/objects/verify',
      'PUT /store/oid',
      'POST /me/adapter.git/info/lfs/objects/verify',
      'POST /api/models/me/adapter/commit/main',
    ])
    expect(told.at(-1)).toEqual({ stage: 'committing', sentBytes: totalBytes, totalBytes })
    expect(sent).toBe(hub.uploads.asked.reduce((sum, { body }) => sum + body.length, 0))
  })

  test('in parts, where the hub wants parts', async () => {
    hub.uploads.partBytes = 3000
    await upload()
    expectWhole()
    expect(paths().filter((path) => path === 'PUT /store/oid')).toHaveLength(4 + 1)
    expect(paths().filter((path) => path === 'POST /api/complete_multipart')).toHaveLength(2)
  })

  test('never gives the token to the store, and the store nothing but bytes of its files', async () => {
    await upload()
    const toStore = hub.uploads.asked.filter(({ url }) => url.startsWith('/store/'))
    expect(toStore.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
    expect(toStore.map(({ body }) => body.length).sort((a, b) => a - b)).toEqual([4, 10_000])
  })

  test('goes on after cuts, busy answers and a request to wait', async () => {
    const busy: UploadAnswer = { status: 429, headers: { 'Retry-After': '7' }, json: { error: 'Too many' } }
    hub.uploads.mischief.push(
      { where: '/preupload/', answer: busy },
      { where: '/batch', answer: 'cut' },
      { where: '/store/', answer: 'cut' },
      { where: '/store/', answer: { status: 400 } },
      { where: '/verify', answer: { status: 503, json: {} } },
    )
    await upload()
    expectWhole()
    expect(waits[0]).toBe(7000)
    expect(stored()?.commits).toBe(1)
  })

  test('into a repository that exists is a second commit, when that was allowed', async () => {
    await upload()
    await expect(upload()).rejects.toMatchObject({ code: 'hub/exists' })
    await upload({ mayExist: true })
    expect(stored()?.commits).toBe(2)
  })

  test('that is to be private never goes into a public repository', async () => {
    await upload({ isPrivate: false })
    const before = hub.uploads.asked.length
    await expect(upload({ mayExist: true })).rejects.toMatchObject({ code: 'hub/repository-public' })
    const since = hub.uploads.asked.slice(before)
    expect(since.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/repos/create',
      'GET /api/models/me/adapter',
    ])
    await upload({ mayExist: true, isPrivate: false })
    expect(stored()?.commits).toBe(2)
  })

  test('can be stopped, and says that the repository may be there', async () => {
    const running = service()
    const outcome = running.upload(request, ({ stage }) => {
      if (stage === 'sending') void running.stopUpload()
    })
    await expect(outcome).rejects.toMatchObject({ code: 'hub/upload-stopped' })
    expect(stored()?.commits).toBe(0)
    expect(paths().some((path) => path.endsWith('/commit/main'))).toBe(false)
    await running.upload({ ...request, mayExist: true }, () => undefined)
    expectWhole()
  })
})

const answer = (status: number, error = 'why'): UploadAnswer => ({ status, json: { error } })
const elsewhere: UploadAnswer = { status: 307, headers: { Location: '/elsewhere' }, json: {} }
const batch = (upload: unknown): UploadAnswer => {
  return { status: 200, json: { objects: [{ oid: 'x', actions: { upload } }] } }
}

test.each<
  [name: string, change: Partial<UploadRequest>, where: string, given: UploadAnswer | 'cut' | null, code: string]
>([
  ['a wrong token', { token: 'hf_other' }, '', null, 'hub/token-refused'],
  ['an owner that is somebody else', { id: 'you/adapter' }, '', null, 'hub/no-write-access'],
  ['no owner', { id: 'adapter' }, '', null, 'hub/id-invalid'],
  ['a path', { id: '../../etc' }, '', null, 'hub/id-invalid'],
  ['a token that may only read', {}, '/commit/', answer(403), 'hub/no-write-access'],
  ['a repository that vanished', {}, '/preupload/', answer(404), 'hub/not-found'],
  ['too large', {}, '/commit/', answer(413), 'hub/upload-too-large'],
  ['a card that is refused', {}, '/commit/', answer(400, 'Invalid metadata in README.md'), 'hub/folder-refused'],
  ['a create that is cut', {}, '/create', 'cut', 'hub/upload-cut'],
  ['a create that is sent elsewhere', {}, '/create', elsewhere, 'hub/upload-cut'],
  ['a commit that is cut', {}, '/commit/', 'cut', 'hub/upload-cut'],
  ['a commit that has to wait', {}, '/commit/', answer(429), 'hub/too-many-requests'],
  ['an answer that is no JSON', {}, '/preupload/', { status: 200, json: 'x' }, 'hub/answer-invalid'],
  ['an answer without a file', {}, '/preupload/', { status: 200, json: { files: [] } }, 'hub/answer-invalid'],
  ['an answer about another file', {}, '/batch', batch({ href: 'https://x/' }), 'hub/answer-invalid'],
])('%s', async (_, change, where, given, code) => {
  if (given) hub.uploads.mischief.push({ where, answer: given })
  await expect(upload(change)).rejects.toMatchObject({ code })
  expect(waits).toEqual([])
})

test('the reason that the hub gives is told', async () => {
  hub.uploads.mischief.push({ where: '/commit/', answer: answer(400, '"base_model" is not valid') })
  await expect(upload()).rejects.toMatchObject({ message: 'status 400, "base_model" is not valid' })
})

test.each([
  ['the store', 'upload'],
  ['the confirmation', 'verify'],
] as const)('%s at a stranger’s address is refused before anything is sent there', async (_, which) => {
  const strange: HubService['upload'] = async (asked, listener) => {
    const real = globalThis.fetch
    const bent: typeof fetch = async (...call) => {
      const response = await real(...call)
      if (!response.url.endsWith('/batch')) return response
      const json = (await response.json()) as { objects: { actions: Record<string, { href: string }> }[] }
      for (const { actions } of json.objects) {
        const action = actions[which]
        if (action) action.href = 'https://huggingface.co.evil.example/take'
      }
      return new Response(JSON.stringify(json))
    }
    const ports = { endpoint: hub.endpoint, uploadOrigins: [], store: new MemoryFileStore() }
    const wait = () => Promise.resolve()
    const lock = () => Promise.resolve(() => undefined)
    return new HubService({ ...ports, fetch: bent, lock, now: () => 0, wait }).upload(asked, listener)
  }
  await expect(strange(request, () => undefined)).rejects.toMatchObject({ code: 'hub/answer-invalid' })
})
