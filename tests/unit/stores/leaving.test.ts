// What the page does with an adapter that leaves or comes, without a GPU: the card, the link, the upload.
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { AppError } from '../../../src/base/errors'
import type { CardRequest, EngineApi, PackageRequest, RunResult } from '../../../src/engine/api'
import type { HubApi, UploadRequest } from '../../../src/hub/api'
import { connect } from '../../../src/rpc/client'
import { useAdapter } from '../../../src/stores/adapter'
import { usePackage } from '../../../src/stores/adapterPackage'
import { useCard, writtenCard } from '../../../src/stores/card'
import { useHub } from '../../../src/stores/hub'
import { useHubUpload } from '../../../src/stores/hubUpload'
import { useLinkedAdapter } from '../../../src/stores/linkedAdapter'
import { useModel } from '../../../src/stores/model'
import { appendEvents, clearHistory } from '../../../src/stores/runHistory'
import { useRun } from '../../../src/stores/run'
import { presets } from '../../../src/stores/settings'
import { fakeCorpus, fakeEngine } from '../../helpers/fakeEngine'

vi.stubGlobal('document', { baseURI: 'http://localhost/' })

const called: string[] = []
const packed: PackageRequest[] = []
const cardsAsked: boolean[] = []

/** The fake engine, which notes what it is asked. */
function noting(engine: EngineApi): EngineApi {
  return new Proxy(engine, {
    get: (target, name: keyof EngineApi) => {
      called.push(name)
      if (name === 'adapterCard') {
        return (request: CardRequest) => {
          cardsAsked.push(request.hasCurves)
          return target.adapterCard(request)
        }
      }
      if (name !== 'packAdapter') return target[name]
      return (request: PackageRequest) => {
        packed.push(request)
        return target.packAdapter(request)
      }
    },
  })
}

const file = { name: 'plume-adapter.zip', bytes: new Uint8Array(10) }
const openAdapter = async () => {
  await useAdapter.getState().importFiles([file])
  await vi.waitFor(() => expect(useCard.getState().state.name).toBe('ready'))
}
const card = () => {
  const { state } = useCard.getState()
  if (state.name !== 'ready') throw new Error(state.name)
  return state
}

beforeEach(() => {
  connect(noting(fakeEngine({ stepMs: 0 })), fakeCorpus({ stepMs: 0 }))
  useModel.getState().forget()
  useAdapter.setState({ state: { name: 'none' } })
  useLinkedAdapter.getState().dismiss()
  useRun.setState({ state: { name: 'idle' } })
  clearHistory()
  called.length = 0
  packed.length = 0
  cardsAsked.length = 0
})

describe('the card', () => {
  test('that is wrong stays on the page, and the last right one goes into files', async () => {
    await openAdapter()
    const { generated } = card()
    expect(writtenCard()).toBeNull()
    useCard.getState().write(`${generated}\nMine.\n`)
    useCard.getState().write(generated.replace('library_name', 'library name'))
    expect(card()).toMatchObject({ problem: { line: 2 }, text: expect.stringContaining('library name') as string })
    expect(writtenCard()).toBe(`${generated}\nMine.\n`)
    await usePackage.getState().pack(null)
    expect(packed.at(-1)?.card).toBe(`${generated}\nMine.\n`)
    useCard.getState().startOver()
    expect(card()).toMatchObject({ problem: null, text: generated })
    expect(writtenCard()).toBeNull()
  })
})

describe('the curves of a run', () => {
  const end = (adapterSha256: string) => {
    useRun.setState({ state: { name: 'finished', result: { adapterSha256 } as RunResult }, settings: presets.quick })
    appendEvents([
      { kind: 'step', step: 1, loss: 4, learningRate: 1e-3, gradientNorm: 1, tokens: 10, elapsedMs: 1 },
      { kind: 'validation', step: 0, loss: 5, perplexity: 148, tokens: 10, isBest: false },
    ])
  }

  test('belong to the card of the adapter that it made', async () => {
    end('ab'.repeat(32)) // as the fake engine names its adapter
    await openAdapter()
    expect(card().curves).toEqual({ precision: 'float32', training: [[1, 4]], validation: [[0, 5]] })
    expect(cardsAsked).toEqual([false, true])
  })

  test('and to no other', async () => {
    end('cd'.repeat(32))
    await openAdapter()
    expect(card().curves).toBeNull()
    expect(cardsAsked).toEqual([false])
  })
})

describe('files', () => {
  test('that were packed for another adapter are forgotten', async () => {
    await openAdapter()
    const packing = usePackage.getState().pack(null)
    useAdapter.setState({ state: { name: 'none' } })
    await packing
    expect(usePackage.getState().state.name).toBe('none')
  })
})

describe('a link', () => {
  test('that comes in is read, and nothing else', async () => {
    await useLinkedAdapter.getState().take('1.60000.x.y')
    expect(useLinkedAdapter.getState().incoming).toMatchObject({ name: 'ready', linked: { rank: 4 }, error: null })
    expect(called).toEqual(['readLink'])
    expect([useModel.getState().state.name, useAdapter.getState().state.name]).toEqual(['none', 'none'])
    useLinkedAdapter.getState().dismiss()
    useRun.setState({ state: { name: 'idle' } })
    clearHistory()
    expect(useLinkedAdapter.getState().incoming.name).toBe('none')
  })

  test('is opened when it is asked for', async () => {
    await useLinkedAdapter.getState().take('1.60000.x.y')
    await useLinkedAdapter.getState().open()
    expect(useLinkedAdapter.getState().incoming.name).toBe('none')
    expect(useAdapter.getState().state.name).toBe('ready')
  })

  test('to other weights is refused before it is opened', async () => {
    await useLinkedAdapter.getState().take('1.60000.x.y')
    const { incoming } = useLinkedAdapter.getState()
    if (incoming.name !== 'ready') throw new Error(incoming.name)
    const linked = { ...incoming.linked, baseSha256: 'ee'.repeat(32), baseModel: 'owner/other' }
    useLinkedAdapter.setState({ incoming: { ...incoming, linked } })
    await useLinkedAdapter.getState().open()
    expect(useLinkedAdapter.getState().incoming).toMatchObject({
      name: 'ready',
      error: { code: 'link/other-base', details: { base: 'owner/other' } },
    })
    expect(called).not.toContain('importAdapter')
  })

  test('that cannot be read says so', async () => {
    await useLinkedAdapter.getState().take('cut')
    expect(useLinkedAdapter.getState().incoming).toMatchObject({ name: 'unreadable', error: { code: 'link/cut' } })
  })
})

describe('an upload', () => {
  const request: UploadRequest = { id: 'me/x', token: 't', isPrivate: true, mayExist: false, files: [file] }
  const hubThat = (upload: HubApi['upload']): HubApi => {
    const refuse = () => Promise.reject(new AppError('unexpected', { message: 'not asked for' }))
    return { download: refuse, stop: refuse, stored: refuse, open: refuse, remove: refuse, stopUpload: refuse, upload }
  }

  test('counts what was sent, and names what was made', async () => {
    const made = { address: 'https://huggingface.co/me/x', commit: 'a'.repeat(40) }
    const hub = hubThat(async (_, tell) => {
      tell({ stage: 'sending', sentBytes: 5, totalBytes: 10 }, { requests: 3, sentBytes: 700 })
      expect(useHubUpload.getState().state).toMatchObject({ name: 'sending', progress: { sentBytes: 5 } })
      return made
    })
    connect(fakeEngine(), fakeCorpus(), hub)
    await useHubUpload.getState().send(request)
    expect(useHubUpload.getState().state).toEqual({ name: 'sent', uploaded: made })
    expect(useHub.getState()).toMatchObject({ requests: 3, sentBytes: 700 })
    expect(JSON.stringify(useHubUpload.getState())).not.toContain('"t"')
  })

  test('that fails says why', async () => {
    const hub = hubThat(() => Promise.reject(new AppError('hub/exists', { message: 'it is there' })))
    connect(fakeEngine(), fakeCorpus(), hub)
    await useHubUpload.getState().send(request)
    expect(useHubUpload.getState().state).toMatchObject({ name: 'failed', error: { code: 'hub/exists' } })
  })
})
