// The engine on the processor, with the embedded model: what a page without WebGPU does.
import { beforeAll, describe, expect, test } from 'vitest'
import { CorpusService } from '../../../src/engine/corpusService'
import type { Engine } from '../../../src/engine/engine'
import type { RunEvent, RunResult, TrainRequest } from '../../../src/engine/api'
import { roles } from '../../../src/plan/tensor'
import { nodeEngine, readBytes } from '../../../src/terminal/nodeEngine'
import { shortSettings } from '../../helpers/engineForTests'
import { MemoryStore } from '../../helpers/memoryStore'

const MODEL = 'public/models/plume-stories'
const CORPUS = 'public/corpora/lighthouse-log.txt'

let request: TrainRequest
let engine: Engine
let whole: RunResult
const events: RunEvent[] = []

async function open(store = new MemoryStore()): Promise<Engine> {
  const one = nodeEngine({ device: 'processor', store, checkpointEveryMs: 0 })
  await one.loadModel(MODEL)
  return one
}

beforeAll(async () => {
  const service = new CorpusService((baseUrl, name) => readBytes(`${baseUrl}/${name}`))
  await service.loadTokenizer(MODEL)
  const { sequenceLength, validationShare, seed } = shortSettings
  const files = [{ name: 'lighthouse-log.txt', bytes: (await readBytes(CORPUS)).slice(0, 3000) }]
  const { train, validation } = await service.prepare({ files, sequenceLength, validationShare, seed })
  request = {
    runId: 'run',
    settings: shortSettings,
    train,
    validation,
    pinnedPrompts: [{ text: 'The lamp' }],
    sampleEvery: 0,
    corpusName: 'lighthouse-log.txt',
  }
  engine = await open()
  whole = await engine.train(request, (some) => events.push(...some))
}, 120_000)

describe('on the processor', () => {
  test('a run learns, and speaks at its end', () => {
    expect(whole.end).toBe('finished')
    expect(whole.bestValidationLoss).toBeLessThan(whole.baseValidationLoss ?? 0)
    expect(events.some((event) => event.kind === 'sample' && event.step === 6 && event.text.length > 0)).toBe(true)
  })

  test('an interrupted run that goes on gives the bytes of one that never stopped', async () => {
    const store = new MemoryStore()
    const first = await open(store)
    const running = first.train(request, (some) => {
      if (some.some((event) => event.kind === 'step' && event.step === 3)) first.interrupt()
    })
    await expect(running).rejects.toMatchObject({ code: 'run/interrupted' })
    const second = await open(store)
    const [unfinished] = await second.unfinishedRuns()
    expect(unfinished?.step).toBeGreaterThan(0)
    const result = await second.resumeRun('run', () => {})
    expect(result.adapterSha256).toBe(whole.adapterSha256)
  })

  test('a float16 base gives the bytes of the float32 one, of a model whose file holds halves', async () => {
    const settings = { ...shortSettings, precision: 'float16' as const }
    const result = await engine.train({ ...request, settings }, () => {})
    expect(result.adapterSha256).toBe(whole.adapterSha256)
    expect(result.bestValidationLoss).toBe(whole.bestValidationLoss)
  })

  test('an int8 base trains, answers and is measured', async () => {
    const settings = { ...shortSettings, precision: 'int8' as const, steps: 2 }
    const result = await engine.train({ ...request, settings, pinnedPrompts: [] }, () => {})
    expect(result.bestValidationLoss).toBeLessThan(result.baseValidationLoss ?? 0)
    const sampling = { temperature: 0, topK: 0, topP: 1, maxTokens: 8, seed: 1 }
    const asked = { prompt: { text: 'The lamp' }, precision: 'int8' as const, usesAdapter: true, sampling }
    expect((await engine.generate(asked, () => {})).generatedTokens).toBe(8)
    const cell = await engine.measureCell({ precision: 'int8', usesAdapter: true, validation: request.validation })
    expect(cell.int8Products).toBeNull()
    expect(cell.fromReference?.agreement.value).toBeGreaterThan(0.8)
  })

  test('an adapter’s files are proven on the base that is there, here the one in int8', async () => {
    const { proof } = await engine.exportAdapter()
    expect(proof.files.map(({ name }) => name)).toEqual([
      'plume-adapter.zip',
      'plume-adapter.gguf',
      'plume-adapter-mlx.zip',
    ])
    expect(proof.files.every(({ largestDifference }) => largestDifference < 1e-5)).toBe(true)
    expect((await engine.memory()).weights).toBeLessThan(8e6)
  })

  test('whole steps are timed, and leave no more than the weights on the device', async () => {
    const rows = await engine.measureSteps({ precision: 'float32', rounds: 1 })
    expect(rows.map(({ name }) => name)).toEqual([
      'training step',
      'optimizer update',
      'evaluation with adapter',
      'prefill',
      'decode',
    ])
    expect(rows.every(({ timing, flops, bytes }) => timing.value > 0 && flops > 0 && bytes > 0)).toBe(true)
    const memory = await engine.memory()
    expect(roles.filter((role) => memory[role] > 0)).toEqual(['weights'])
  })

  test('the ceilings and kernels of a GPU are not to be had', async () => {
    const refused = { code: expect.stringMatching(/^device\/no-/) as string }
    await expect(engine.measureCeilings(1)).rejects.toMatchObject(refused)
    await expect(engine.measureKernel({ index: 0, rounds: 1, tunes: true })).rejects.toMatchObject(refused)
  })
})
