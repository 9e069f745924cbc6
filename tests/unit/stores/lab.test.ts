import { beforeEach, expect, test, vi } from 'vitest'
import { shareOfFloor } from '../../../src/engine/api'
import { benchCases } from '../../../src/kernels'
import { precisions } from '../../../src/plan/precision'
import { connect, engine } from '../../../src/rpc/client'
import { useCapability } from '../../../src/stores/capability'
import { useLab } from '../../../src/stores/lab'
import { labReport } from '../../../src/stores/labReport'
import { useModel } from '../../../src/stores/model'
import { useSettings } from '../../../src/stores/settings'
import { fakeCorpus, fakeEngine, type FakeOptions } from '../../helpers/fakeEngine'

vi.stubGlobal('document', { baseURI: 'http://localhost/' })

async function open(options: FakeOptions = {}): Promise<void> {
  const all = { stepMs: 0, ...options }
  connect(fakeEngine(all), fakeCorpus(all))
  useModel.getState().forget()
  useSettings.getState().change({ precision: 'float32' })
  useLab.setState({ state: { name: 'idle' }, extent: 'short', findings: null })
  await useCapability.getState().check()
}

beforeEach(() => open())

test('a short measurement times each kernel once, and no steps without a model', async () => {
  const seen: number[] = []
  const unsubscribe = useLab.subscribe(({ state }) => {
    if (state.name === 'measuring') seen.push(state.done / state.all)
  })
  await useLab.getState().measure()
  unsubscribe()
  const { state, findings } = useLab.getState()
  expect(state.name).toBe('done')
  const whats = findings?.rows.map(({ what }) => what) ?? []
  expect(whats.toSorted()).toEqual([...new Set(benchCases.map(({ kernel }) => kernel.name))].toSorted())
  expect(findings?.rows[0]?.timing.n).toBe(3)
  expect(findings?.modelName).toBeNull()
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(Math.max(...seen)).toBeLessThan(1 + 1e-9)
})

test('with a model open its steps are timed, in the precision that is set', async () => {
  await useModel.getState().load()
  useSettings.getState().change({ precision: 'int8' })
  await useLab.getState().measure()
  const steps = useLab.getState().findings?.rows.filter(({ what }) => what.startsWith('step/')) ?? []
  expect(new Set(steps.map(({ what }) => what))).toEqual(new Set(['step/int8']))
  expect(useLab.getState().findings?.modelName).toBe('plume-stories')
})

test('every size is every case, with the steps in every precision', async () => {
  await useModel.getState().load()
  useLab.getState().setExtent('all')
  await useLab.getState().measure()
  const rows = useLab.getState().findings?.rows ?? []
  const kernels = rows.filter(({ what }) => !what.startsWith('step/'))
  expect(kernels).toHaveLength(benchCases.length)
  expect(kernels[0]?.timing.n).toBe(5)
  for (const precision of precisions) expect(rows.map(({ what }) => what)).toContain(`step/${precision}`)
})

test('stop ends after the kernel that is being timed and keeps what came', async () => {
  const unsubscribe = useLab.subscribe(({ findings, stop }) => {
    if (findings?.rows.length === 3) stop()
  })
  await useLab.getState().measure()
  unsubscribe()
  expect(useLab.getState().state.name).toBe('stopped')
  expect(useLab.getState().findings?.rows).toHaveLength(3)
})

test('a failure says so and keeps what came', async () => {
  await open({ breaksAtKernel: 5 })
  await useLab.getState().measure()
  const { state, findings } = useLab.getState()
  expect(state.name === 'failed' && state.error.code).toBe('device/lost')
  expect(findings?.rows).toHaveLength(2)
})

test('only one measurement at a time', async () => {
  const measureCeilings = vi.spyOn(engine(), 'measureCeilings')
  await Promise.all([useLab.getState().measure(), useLab.getState().measure()])
  expect(measureCeilings).toHaveBeenCalledTimes(1)
})

test('the file holds the device, the ceilings and every row with its share', async () => {
  await useLab.getState().measure()
  const { findings } = useLab.getState()
  if (!findings) throw new Error('nothing was measured')
  const report = labReport(findings)
  expect(report).toMatchObject({ format: 'plume-lab', version: 1, extent: 'short', ceilings: findings.ceilings })
  expect(report.device?.description).toBe('Apple M3')
  expect(report.rows).toHaveLength(findings.rows.length)
  for (const row of report.rows) expect(row.shareOfFloor).toBe(shareOfFloor(row, findings.ceilings))
  expect(JSON.parse(JSON.stringify(report))).toEqual(report)
})
