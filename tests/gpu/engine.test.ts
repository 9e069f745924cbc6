// The engine as the page uses it: the embedded model, a small corpus, a run, an adapter, a loss of the device.
import { beforeAll, describe, expect, test } from 'vitest'
import { AppError } from '../../src/base/errors'
import type { RunEvent, RunResult, TrainRequest } from '../../src/engine/api'
import { roles } from '../../src/plan/tensor'
import { IGNORED_LABEL, type PreparedCorpus } from '../../src/text/types'
import { engineForTests, shortCorpus, shortSettings, type TestEngine } from '../helpers/engineForTests'
import { MemoryStore } from '../helpers/memoryStore'

let corpus: PreparedCorpus
let request: TrainRequest
let shared: TestEngine
let whole: RunResult
const wholeEvents: RunEvent[] = []

beforeAll(async () => {
  corpus = await shortCorpus()
  request = {
    runId: 'run',
    settings: shortSettings,
    train: corpus.train,
    validation: corpus.validation,
    pinnedPrompts: [{ text: 'The lamp' }],
    sampleEvery: 0,
    corpusName: 'lighthouse-log.txt',
  }
  shared = await engineForTests()
  whole = await shared.engine.train(request, (events) => wholeEvents.push(...events))
})

describe('a run', () => {
  test('reports every step, its validations and its samples', () => {
    const steps = wholeEvents.filter((event) => event.kind === 'step')
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
    expect(steps.every(({ loss, gradientNorm }) => Number.isFinite(loss) && gradientNorm > 0)).toBe(true)
    expect(wholeEvents.flatMap((e) => (e.kind === 'validation' ? [e.step] : []))).toEqual([0, 2, 4, 6])
    expect(wholeEvents.some((e) => e.kind === 'sample' && e.step === 6 && e.text.length > 0)).toBe(true)
  })

  test('learns: the validation loss is below that of the base', () => {
    expect(whole.end).toBe('finished')
    expect(whole.bestValidationLoss).toBeLessThan(whole.baseValidationLoss ?? 0)
  })

  test('leaves only the weights on the device', async () => {
    const memory = await shared.engine.memory()
    const left = roles.filter((role) => memory[role] > 0)
    expect(left).toEqual(['weights'])
  })

  test('leaves nothing of the finished run in storage but its adapter', () => {
    const names = [...shared.store.files.keys()].map((name) => name.replace(/[0-9a-f]{16,}/g, '…'))
    expect(names.toSorted()).toEqual(['adapters-…-current', 'adapters-…-….zip'])
  })

  test('with the same seed gives the same bytes', async () => {
    const again = await (await engineForTests()).engine.train(request, () => {})
    expect(again.adapterSha256).toBe(whole.adapterSha256)
  })

  test('with another seed gives others', async () => {
    const other = { ...request, settings: { ...shortSettings, seed: 8, steps: 1 } }
    const result = await (await engineForTests()).engine.train(other, () => {})
    expect(result.adapterSha256).not.toBe(whole.adapterSha256)
  })

  test('goes on while storage is full, and says so', async () => {
    const store = new MemoryStore()
    const { engine } = await engineForTests(store)
    store.failure = new AppError('storage/full', { message: 'no room' })
    const events: RunEvent[] = []
    const result = await engine.train({ ...request, pinnedPrompts: [] }, (some) => events.push(...some))
    expect(result.adapterSha256).toBe(whole.adapterSha256)
    expect(events.some((event) => event.kind === 'warning' && event.code === 'storage/full')).toBe(true)
  })

  test('is refused while another is under way', async () => {
    const { engine } = await engineForTests()
    const running = engine.train({ ...request, pinnedPrompts: [] }, () => {})
    await expect(engine.generate(greedy(false), () => {})).rejects.toMatchObject({ code: 'engine/busy' })
    await engine.stop()
    await running
  })

  test('with a setting out of range is refused by name', async () => {
    const { engine } = await engineForTests()
    const bad = { ...request, settings: { ...shortSettings, sequenceLength: 100_000 } }
    await expect(engine.train(bad, () => {})).rejects.toMatchObject({
      code: 'run/settings-invalid',
      details: { name: 'sequenceLength' },
    })
  })
})

describe('a run whose device is lost', () => {
  test.each([0, 2, 5])('after %i steps resumes to the same adapter', async (steps) => {
    const { engine, device } = await engineForTests()
    const killed = engine.train(request, (events) => {
      if (events.some((event) => event.step >= steps && event.kind !== 'sample')) device().destroy()
    })
    await expect(killed).rejects.toMatchObject({ code: 'device/lost' })
    const [unfinished] = await engine.unfinishedRuns()
    expect(unfinished?.runId).toBe('run')
    const result = await engine.resumeRun('run', () => {})
    expect(result.adapterSha256).toBe(whole.adapterSha256)
    expect(await engine.unfinishedRuns()).toEqual([])
  })
})

describe('an interrupted run', () => {
  test('leaves a checkpoint, and resumes to the same adapter', async () => {
    const { engine } = await engineForTests()
    const interrupted = engine.train(request, (events) => {
      if (events.some((event) => event.kind === 'step')) engine.interrupt()
    })
    await expect(interrupted).rejects.toMatchObject({ code: 'run/interrupted', details: { isSaved: true } })
    const result = await engine.resumeRun('run', () => {})
    expect(result.adapterSha256).toBe(whole.adapterSha256)
  })
})

describe('a run that continues an adapter', () => {
  const longer = { steps: 2, rank: 9, alpha: 1, targets: ['o_proj'] } as const

  test('starts where the adapter stands, with its rank and targets, and still compares with the base', async () => {
    const { engine } = await engineForTests(shared.store)
    const before = await engine.currentAdapter()
    const events: RunEvent[] = []
    const result = await engine.train(
      { ...request, settings: { ...shortSettings, ...longer }, pinnedPrompts: [], continuesAdapter: true },
      (some) => events.push(...some),
    )
    const [start] = events.flatMap((event) => (event.kind === 'validation' ? [event] : []))
    expect(start?.step).toBe(0)
    expect(Math.abs((start?.loss ?? 0) - (whole.bestValidationLoss ?? 0))).toBeLessThan(1e-5)
    expect(result.baseValidationLoss).toBe(whole.baseValidationLoss)
    const after = await engine.currentAdapter()
    expect(after).toMatchObject({ rank: before?.rank, alpha: before?.alpha, targets: before?.targets })
  })

  test('interrupted before its first step resumes from the adapter it was given', async () => {
    const { engine } = await engineForTests()
    await engine.importAdapter([{ name: 'adapter.zip', bytes: (await shared.engine.exportAdapter()).zip }])
    const continued = { ...request, pinnedPrompts: [], continuesAdapter: true }
    const unbroken = await engine.train(continued, () => {})
    const other = await engineForTests()
    await other.engine.importAdapter([{ name: 'adapter.zip', bytes: (await shared.engine.exportAdapter()).zip }])
    const broken = other.engine.train({ ...continued, runId: 'broken' }, (events) => {
      if (events.some((event) => event.kind === 'checkpoint')) other.engine.interrupt()
    })
    await expect(broken).rejects.toMatchObject({ code: 'run/interrupted', details: { step: 0 } })
    await other.engine.chooseAdapter(null)
    const result = await other.engine.resumeRun('broken', () => {})
    expect(result.adapterSha256).toBe(unbroken.adapterSha256)
  })
})

describe('an adapter', () => {
  test('exported and opened by another engine gives the same loss, from each of its files', async () => {
    const { zip, gguf, mlx, proof } = await shared.engine.exportAdapter()
    expect(proof.tokens).toBeGreaterThan(25)
    expect(proof.files).toHaveLength(3)
    expect(proof.files.every(({ largestDifference }) => largestDifference < 1e-5)).toBe(true)
    const { engine } = await engineForTests()
    const cell = { precision: 'float32', usesAdapter: true, set: corpus.validation } as const
    const here = await shared.engine.evaluate(cell)
    expect(Math.abs(here.value - (whole.bestValidationLoss ?? 0))).toBeLessThan(1e-5)
    for (const file of [{ name: 'plume-adapter.zip', bytes: zip }, gguf, mlx].filter((one) => one !== null)) {
      const info = await engine.importAdapter([file])
      expect(info, file.name).toMatchObject({ rank: 4, matchesBaseHash: true, hasEffect: true })
      expect(Math.abs((await engine.evaluate(cell)).value - here.value), file.name).toBeLessThan(1e-5)
    }
    // Three files with the same numbers are one adapter.
    expect((await engine.adapters()).adapters.map(({ name }) => name)).toEqual(['plume-adapter-mlx'])
  })

  test('halved and doubled by a weighted sum with itself is itself', async () => {
    const { engine } = await engineForTests(new MemoryStore())
    await engine.importAdapter([{ name: 'a.zip', bytes: (await shared.engine.exportAdapter()).zip }])
    const { adapters, currentId } = await engine.adapters()
    const id = currentId ?? ''
    expect(adapters.map((one) => one.id)).toEqual([id])
    const terms = [
      { id, weight: 0.75 },
      { id, weight: 0.25 },
    ]
    expect(await engine.combineAdapters({ name: 'sum', terms })).toMatchObject({ rank: 8, matchesBaseHash: true })
    const cell = { precision: 'float32', usesAdapter: true, set: corpus.validation } as const
    const sum = await engine.evaluate(cell)
    await engine.chooseAdapter(id)
    expect(Math.abs((await engine.evaluate(cell)).value - sum.value)).toBeLessThan(1e-5)
  })

  test('grows stronger while it speaks: what was said stays, the rest is another’s', async () => {
    const base = await shared.engine.generate(greedy(false), () => {})
    let pieces = 0
    const moved = await shared.engine.generate({ ...greedy(true), adapterStrength: 0 }, () => {
      pieces += 1
      if (pieces === 2) void shared.engine.setAdapterStrength(60)
    })
    const firstOther = moved.text.split('').findIndex((character, index) => character !== base.text[index])
    expect(firstOther).toBeGreaterThan(0)
    expect(moved.text).not.toBe(base.text)
  })

  test('has a card under the hash that its run ended with, and a link that opens as what it says', async () => {
    const card = await shared.engine.adapterCard({ hasCurves: false })
    expect(card).toMatchObject({ adapterSha256: whole.adapterSha256, isTrainedHere: true })
    expect(card.text).toContain('`lighthouse-log.txt`')
    const { text } = await shared.engine.linkAdapter(null)
    const { engine } = await engineForTests()
    const linked = await engine.readLink(text ?? '')
    const info = await engine.importAdapter([linked.file])
    expect(info).toMatchObject({ rank: linked.rank, parameters: linked.parameters, matchesBaseHash: true })
    expect(linked).toMatchObject({ rank: 4, targets: ['down_proj', 'q_proj', 'v_proj'] })
  })

  test('gives the loss of every token: their mean is the loss', async () => {
    const cell = { precision: 'float32', usesAdapter: true, set: corpus.validation } as const
    const { value, tokens, tokenLosses } = await shared.engine.evaluate({ ...cell, wantsTokenLosses: true })
    expect(tokenLosses?.length).toBe(corpus.validation.labels.length)
    const counted = [...(tokenLosses ?? [])].filter((_, index) => corpus.validation.labels[index] !== IGNORED_LABEL)
    expect(counted.length).toBe(tokens)
    expect(counted.every((loss) => loss > 0)).toBe(true)
    // Both sum the same float32 numbers in float64, in another order.
    expect(counted.reduce((sum, loss) => sum + loss, 0) / tokens).toBeCloseTo(value, 12)
  })

  test('is still there at the next visit', async () => {
    const { engine } = await engineForTests(shared.store)
    expect(await engine.currentAdapter()).toMatchObject({ rank: 4, hasEffect: true })
  })

  test('changes what the model says, and saying it twice is saying the same', async () => {
    const pieces: { text: string; probability: number }[] = []
    const base = await shared.engine.generate(greedy(false), (text, probability) => pieces.push({ text, probability }))
    expect(pieces.map(({ text }) => text).join('')).toBe(base.text)
    // The likeliest of 4,096 tokens is never rarer than the average one.
    expect(pieces.every(({ probability }) => probability > 1 / 4096 && probability <= 1)).toBe(true)
    const first = await shared.engine.generate(greedy(true), () => {})
    const second = await shared.engine.generate(greedy(true), () => {})
    expect(first.text).toBe(second.text)
    expect(base.text.length).toBeGreaterThan(0)
    // Nothing of the adapter is the base.
    const none = await shared.engine.generate({ ...greedy(true), adapterStrength: 0 }, () => {})
    expect(none.text).toBe(base.text)
  })
})

describe('int8', () => {
  test('moves perplexity by less than 0.5 %', async () => {
    const set = corpus.train
    const float32 = await shared.engine.evaluate({ precision: 'float32', usesAdapter: false, set })
    const int8 = await shared.engine.evaluate({ precision: 'int8', usesAdapter: false, set })
    expect(Math.abs(Math.exp(int8.value - float32.value) - 1)).toBeLessThan(0.005)
  })

  test('a cell is measured with n and spread', async () => {
    const cell = await shared.engine.measureCell({
      precision: 'int8',
      usesAdapter: true,
      validation: corpus.validation,
    })
    expect(cell.decodeTokensPerSecond).toMatchObject({ n: 5 })
    expect(cell.decodeTokensPerSecond.value).toBeGreaterThan(0)
    expect(cell.validationLoss?.value).toBeGreaterThan(0)
    expect(cell.generalLoss.value).toBeGreaterThan(0)
    expect(cell.loadMs).toBeGreaterThan(0)
    expect(cell.int8Products?.speedup).toBeGreaterThan(0)
    expect(cell.fromReference?.agreement.n).toBeGreaterThan(0)
    const estimate = await shared.engine.planRun(shortSettings)
    expect(cell.linearWeightBytes / estimate.linearWeightBytes).toBeLessThanOrEqual(0.27)
  })
})

test('int8 predicts nearly what float32 does, and float32 is what others are compared with', async () => {
  const measured = { usesAdapter: false, validation: corpus.validation }
  const { fromReference } = await shared.engine.measureCell({ ...measured, precision: 'int8' })
  expect(fromReference?.divergence.value).toBeGreaterThan(0)
  expect(fromReference?.divergence.value).toBeLessThan(0.01)
  expect(fromReference?.agreement.value).toBeGreaterThan(0.95)
  const float32 = await shared.engine.measureCell({ ...measured, precision: 'float32' })
  expect(float32.fromReference).toBeNull()
})

test('a trial trains on either base, or every weight, and leaves the adapter as it was', async () => {
  const before = await shared.engine.currentAdapter()
  const trial = async (precision: 'float32' | 'int8', method: 'lora' | 'full' = 'lora') => {
    const steps: number[] = []
    const settings = { ...shortSettings, precision, steps: 4 }
    const result = await shared.engine.trainTrial(
      { method, settings, train: corpus.train, validation: corpus.validation },
      ({ step }) => steps.push(step),
    )
    expect(steps).toEqual([1, 2, 3, 4])
    expect(result.stepMs.n).toBe(3)
    return result
  }
  const float32 = await trial('float32')
  const int8 = await trial('int8')
  expect(int8.memory.weights).toBeLessThan(0.6 * float32.memory.weights)
  expect(Math.abs((int8.validationLoss ?? 0) - (float32.validationLoss ?? 9))).toBeLessThan(0.02)
  const full = await trial('float32', 'full')
  expect(full.trainedParameters).toBe(3_803_392)
  expect(full.memory.optimizer).toBe(2 * 4 * full.trainedParameters)
  expect(full.validationLoss).toBeLessThan((full.losses[0]?.loss ?? 0) + 0.1)
  expect(await shared.engine.currentAdapter()).toBe(before)
})

function greedy(usesAdapter: boolean) {
  const sampling = { temperature: 0, topK: 0, topP: 1, seed: 1, maxTokens: 12 }
  return { prompt: { text: 'The lamp' }, precision: 'float32', usesAdapter, sampling } as const
}
