import { beforeEach, expect, test, vi } from 'vitest'
import type { EngineApi } from '../../../src/engine/api'
import { connect } from '../../../src/rpc/client'
import { useAdapter } from '../../../src/stores/adapter'
import { useDataset } from '../../../src/stores/dataset'
import { useModel } from '../../../src/stores/model'
import { runHistory } from '../../../src/stores/runHistory'
import { useRun } from '../../../src/stores/run'
import { useSettings } from '../../../src/stores/settings'
import { fakeCorpus, fakeEngine, fakeUnfinishedRun, type FakeOptions } from '../../helpers/fakeEngine'

vi.stubGlobal('document', { baseURI: 'http://localhost/' })

const text = Array.from({ length: 40 }, (_, index) => `Day ${index}. Wind from the west. Lamp lit at six.`).join('\n\n')

async function open(options: FakeOptions = {}): Promise<void> {
  const all = { stepMs: 0, ...options }
  connect(fakeEngine(all), fakeCorpus(all))
  useModel.getState().forget()
  useRun.setState({ state: { name: 'idle' }, unfinished: [] })
  useSettings.getState().choosePreset('quick')
  await useDataset.getState().takeFiles([{ name: 'log.txt', bytes: new TextEncoder().encode(text) }])
}

beforeEach(() => open())

test('a run goes from the button to its adapter', async () => {
  const seen = new Set<string>()
  const unsubscribe = useRun.subscribe(({ state }) => seen.add(state.name))
  await useRun.getState().start()
  unsubscribe()
  expect([...seen]).toEqual(['starting', 'running', 'finished'])
  expect(runHistory.steps).toHaveLength(60)
  expect(useRun.getState().latest?.step).toBe(60)
  expect(useRun.getState().memory?.weights).toBeGreaterThan(0)
  expect(useAdapter.getState().state.name).toBe('ready')
})

test('the version moves far less often than events come', async () => {
  const before = useRun.getState().version
  await useRun.getState().start()
  expect(useRun.getState().version - before).toBeLessThan(10)
})

test('pause, resume and stop follow each other', async () => {
  await open({ stepMs: 4 })
  const end = useRun.getState().start()
  await vi.waitFor(() => expect(useRun.getState().state.name).toBe('running'))
  await useRun.getState().pause()
  expect(useRun.getState().state.name).toBe('paused')
  await useRun.getState().resume()
  expect(useRun.getState().state.name).toBe('running')
  await useRun.getState().stop()
  expect(useRun.getState().state.name).toBe('stopping')
  await end
  expect(useRun.getState().state).toMatchObject({ name: 'finished', result: { end: 'stopped' } })
})

test('a run that breaks down fails with its cause and keeps its curve', async () => {
  await open({ breaksAtStep: 12 })
  await useRun.getState().start()
  expect(useRun.getState().state).toMatchObject({ name: 'failed', error: { code: 'run/not-finite' } })
  expect(runHistory.steps).toHaveLength(11)
})

test('without a corpus a run fails and says so', async () => {
  useDataset.getState().clear()
  await useRun.getState().start()
  expect(useRun.getState().state).toMatchObject({ name: 'failed', error: { code: 'corpus/empty' } })
})

test('a corpus that could not be read is the reason a run cannot start', async () => {
  await open().catch(() => undefined)
  connect(fakeEngine({ stepMs: 0 }), fakeCorpus({ stepMs: 0, corpusError: 'corpus/not-text' }))
  await expect(useDataset.getState().prepareAgain()).rejects.toMatchObject({ code: 'corpus/not-text' })
  await useRun.getState().start()
  expect(useRun.getState().state).toMatchObject({ name: 'failed', error: { code: 'corpus/not-text' } })
})

test('an unfinished run goes on with its curve', async () => {
  await open({ unfinished: [fakeUnfinishedRun()] })
  await useRun.getState().refreshUnfinished()
  const end = useRun.getState().resumeUnfinished('run-fake')
  expect(runHistory.steps).toHaveLength(60)
  await end
  expect(runHistory.steps).toHaveLength(120)
  expect(useRun.getState().unfinished).toEqual([])
})

test('a run that is sure to come is told to the engine before its model is there', async () => {
  const config = { model_type: 'llama' }
  const reallyFetch = fetch
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(config))))
  const foreseeRun = vi.fn<EngineApi['foreseeRun']>(() => Promise.resolve())
  connect({ ...fakeEngine(), foreseeRun }, fakeCorpus())
  useSettings.getState().change({ rank: 3 })
  await useRun.getState().foresee()
  expect(foreseeRun).toHaveBeenCalledExactlyOnceWith(config, useSettings.getState().settings)

  vi.stubGlobal('fetch', () => Promise.reject(new Error('offline')))
  await useRun.getState().foresee() // the run itself tells what is wrong
  expect(foreseeRun).toHaveBeenCalledTimes(1)
  vi.stubGlobal('fetch', reallyFetch)
})
