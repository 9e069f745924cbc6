// Downloads against a server that behaves like the hub, and badly where told to.
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Random } from '../../../src/base/random'
import { HubService } from '../../../src/hub/hubService'
import { readModelId } from '../../../src/hub/modelInfo'
import { HubServer, type Mischief } from '../../helpers/hubServer'
import { MemoryFileStore } from '../../helpers/memoryFileStore'

const ID = 'someone/small-model'
const weights = Buffer.from(Uint8Array.from({ length: 60_000 }, (_, index) => (index * 7919) >> 3))
const files = [
  { path: 'config.json', bytes: Buffer.from('{"model_type":"llama"}') },
  { path: 'tokenizer.json', bytes: Buffer.from('{"version":"1.0"}') },
  { path: 'model.safetensors', bytes: weights, isLarge: true },
  { path: 'onnx/model.safetensors', bytes: Buffer.from('another form of it'), isLarge: true },
  { path: 'README.md', bytes: Buffer.from('# A model') },
]
const weightsHash = createHash('sha256').update(weights).digest('hex')
const readBytes = files.slice(0, 3).reduce((sum, { bytes }) => sum + bytes.length, 0)

let hub: HubServer
let store: MemoryFileStore
let waits: number[]

beforeEach(async () => {
  hub = await HubServer.start(ID, files)
  store = new MemoryFileStore()
  waits = []
})
afterEach(() => hub.close())

function service(locked = false): HubService {
  let isHeld = locked
  return new HubService({
    endpoint: hub.endpoint,
    uploadOrigins: [],
    store,
    fetch: (...call) => fetch(...call),
    lock: () => {
      if (isHeld) return Promise.resolve(null)
      isHeld = true
      return Promise.resolve(() => {
        isHeld = false
      })
    },
    now: () => performance.now(),
    wait: (ms) => Promise.resolve(void waits.push(ms)),
  })
}

const download = (token?: string) => service().download({ id: ID, token }, () => undefined)
const parts = () => [...store.files.keys()].filter((name) => name.endsWith('.part'))

describe('a download', () => {
  test('brings the files a model is read from, by hash, and opens them', async () => {
    const told: number[] = []
    const stored = await service().download({ id: ID }, ({ storedBytes }) => told.push(storedBytes))
    expect(stored).toMatchObject({ id: ID, commit: hub.commit, licence: 'mit' })
    expect([stored.storedBytes, stored.totalBytes, told.at(-1)]).toEqual([readBytes, readBytes, readBytes])
    const opened = await service().open(stored.key)
    expect(opened.files.map(({ name }) => name).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json'])
    const blob = opened.files.find(({ name }) => name === 'model.safetensors')?.blob
    expect(Buffer.from((await blob?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(weights)).toBe(true)
    expect(store.files.has(weightsHash)).toBe(true)
    expect(parts()).toEqual([])
  })

  test('fifty random cuts end in the right hash, and nothing is fetched twice', async () => {
    const random = new Random(7)
    const cuts = Array.from({ length: 50 }, () => 1 + random.integer(2_000))
    hub.mischief.push(...cuts.map((afterBytes) => ({ kind: 'cut', afterBytes }) as const))
    await download()
    expect(store.files.has(weightsHash)).toBe(true)
    expect(hub.seen.filter(({ range }) => range !== undefined).length).toBeGreaterThanOrEqual(40)
    expect(hub.sentBytes / readBytes).toBeLessThan(1.05)
  })

  test('that was stopped goes on where it was, also in another session', async () => {
    hub.mischief.push({ kind: 'cut', afterBytes: 30_000 }, ...Array.from({ length: 9 }, () => failing(503)))
    await expect(download()).rejects.toMatchObject({ code: 'hub/unreachable' })
    expect(parts()).toEqual([`${weightsHash}.part`])
    const [begun] = await service().stored()
    expect(begun?.storedBytes).toBeLessThan(readBytes)
    await expect(service().open(begun?.key ?? '')).rejects.toMatchObject({ code: 'hub/not-stored' })
    hub.mischief.length = 0
    expect((await download()).storedBytes).toBe(readBytes)
    expect(hub.sentBytes / readBytes).toBeLessThan(1.05)
  })

  test('stops when asked, and keeps what has come', async () => {
    const one = service()
    const stopped = await one.download({ id: ID }, () => void one.stop())
    expect(stopped.storedBytes).toBeLessThan(readBytes)
    expect((await one.download({ id: ID }, () => undefined)).storedBytes).toBe(readBytes)
  })

  test('what is whole is not fetched again', async () => {
    await download()
    const { sentBytes } = hub
    await download()
    expect(hub.sentBytes).toBe(sentBytes)
  })
})

const failing = (status: number, headers: Record<string, string> = {}) => ({ kind: 'status', status, headers }) as const

describe('a server that misbehaves', () => {
  const halfThen = (wrong: Mischief): Mischief[] => [{ kind: 'cut', afterBytes: 30_000 }, wrong]

  test.each<[string, Mischief[]]>([
    ['sends the whole file for a range', halfThen({ kind: 'ignores-range' })],
    ['changed the file meanwhile', halfThen({ kind: 'other-etag' })],
    ['says the range is outside', halfThen(failing(416))],
    ['fails for a moment', [failing(500), failing(503)]],
  ])('%s: the download ends in the right hash', async (_, wrong) => {
    hub.mischief.push(...wrong)
    await download()
    expect(store.files.has(weightsHash)).toBe(true)
  })

  test.each<[string, Mischief]>([
    ['a flipped bit', { kind: 'flips-a-byte' }],
    ['too many bytes', { kind: 'too-long' }],
  ])('%s: nothing of it stays, and the next try is clean', async (_, wrong) => {
    hub.mischief.push(wrong)
    await expect(download()).rejects.toMatchObject({ code: 'hub/wrong-bytes' })
    expect(store.files.has(weightsHash)).toBe(false)
    expect(store.files.get(`${weightsHash}.part`)?.byteLength ?? 0).toBe(0)
    await download()
    expect(store.files.has(weightsHash)).toBe(true)
  })

  test('429 is waited for as long as the hub says', async () => {
    hub.infoMischief.push(failing(429, { 'Retry-After': '7' }))
    await download()
    expect(waits).toContain(7000)
  })

  test('429 without end is told as such', async () => {
    hub.infoMischief.push(...Array.from({ length: 9 }, () => failing(429)))
    await expect(download()).rejects.toMatchObject({ code: 'hub/too-many-requests' })
  })

  test('an unknown model', async () => {
    const unknown = service().download({ id: 'someone/else' }, () => undefined)
    await expect(unknown).rejects.toMatchObject({ code: 'hub/not-found', details: { reason: 'RepoNotFound' } })
  })

  test('nobody answers', async () => {
    const nobody = service()
    await hub.close()
    await expect(nobody.download({ id: ID }, () => undefined)).rejects.toMatchObject({ code: 'hub/unreachable' })
    hub = await HubServer.start(ID, files)
  })

  test('no room: what came stays, and goes on once there is some', async () => {
    store.roomBytes = 20_000
    await expect(download()).rejects.toMatchObject({ code: 'hub/no-room' })
    store.roomBytes = Number.POSITIVE_INFINITY
    expect((await download()).storedBytes).toBe(readBytes)
  })

  test('two downloads at once', async () => {
    await expect(service(true).download({ id: ID }, () => undefined)).rejects.toMatchObject({ code: 'hub/busy' })
  })
})

describe('a gated model', () => {
  beforeEach(() => {
    hub.token = 'hf_secret'
  })

  test('is refused without a token', async () => {
    await expect(download()).rejects.toMatchObject({ code: 'hub/not-allowed', details: { reason: 'GatedRepo' } })
  })

  test('comes with one, which is stored nowhere', async () => {
    await download('hf_secret')
    expect(hub.seen.some(({ authorization }) => authorization === 'Bearer hf_secret')).toBe(true)
    const kept = [...store.files.values()].map((bytes) => Buffer.from(bytes).toString('latin1')).join()
    expect(kept).not.toContain('hf_secret')
  })
})

test('a model is removed but for what another shares', async () => {
  const stored = await download()
  const other = { ...JSON.parse(Buffer.from(recordOf(stored.key)).toString()), id: 'someone/twin' }
  const twinKey = createHash('sha256').update(`someone/twin@${hub.commit}`).digest('hex')
  store.files.set(`${twinKey}.model.json`, new Uint8Array(Buffer.from(JSON.stringify(other))))
  await service().remove(stored.key)
  expect(store.files.has(weightsHash)).toBe(true)
  await service().remove(twinKey)
  expect([...store.files.keys()]).toEqual([])
})

const recordOf = (key: string) => store.files.get(`${key}.model.json`) ?? new Uint8Array()

describe('ids', () => {
  test.each([
    ['HuggingFaceTB/SmolLM2-135M', 'HuggingFaceTB/SmolLM2-135M', null],
    [' gpt2 ', 'gpt2', null],
    ['https://huggingface.co/Qwen/Qwen2.5-0.5B/', 'Qwen/Qwen2.5-0.5B', null],
    ['https://huggingface.co/Qwen/Qwen3-0.6B/tree/main?x=1', 'Qwen/Qwen3-0.6B', 'main'],
  ])('%s', (text, id, revision) => expect(readModelId(text)).toEqual({ id, revision }))

  test.each(['', 'a/b/c', '../secret', 'a/..', 'a b/c', 'https://example.org/a/b', 'a/b/tree/../../x', '-a/b'])(
    '%j is refused',
    (text) => expect(() => readModelId(text)).toThrowError(expect.objectContaining({ code: 'hub/id-invalid' })),
  )
})
