// The training loop on a tiny model and the reference executor: its first step comes before the base is measured, and
// nothing but the order of what it reports tells.
import { beforeAll, describe, expect, test } from 'vitest'
import { sha256Hex } from '../../../src/base/bytes'
import { recordTrainingSession } from '../../../src/engine/session'
import { initialParameters } from '../../../src/models/lora'
import type { Plan } from '../../../src/plan/plan'
import { ReferenceExecutor } from '../../../src/reference/executor'
import type { TokenSet } from '../../../src/text/types'
import { CheckpointFiles, decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../../src/training/checkpoint'
import { evaluate } from '../../../src/training/evaluation'
import { startOfAdapter } from '../../../src/training/start'
import { Trainer } from '../../../src/training/trainer'
import type { RunEvent, RunResult, TrainingSettings } from '../../../src/training/types'
import { MemoryStore } from '../../helpers/memoryStore'
import { modelRunSettings } from '../../helpers/modelRun'
import { randomSet } from '../../helpers/randomSet'
import { loadRandomModel, tinyConfig, warmParameters } from '../../helpers/tinyModel'

const config = { ...tinyConfig, layers: 1 }
const settings: TrainingSettings = {
  ...modelRunSettings,
  rank: 2,
  dropout: 0.1,
  targets: ['q_proj', 'down_proj'],
  accumulation: 1,
  sequenceLength: 8,
  steps: 4,
  evaluateEvery: 2,
}

const shape = { sequenceLength: settings.sequenceLength, vocabulary: config.vocabulary }
const train = randomSet(10, { ...shape, seed: 1 })
const validation = randomSet(3, { ...shape, seed: 2 })

/** Refuses plans that were put off until somebody asked for them. */
class PatientExecutor extends ReferenceExecutor {
  readonly #later: readonly Plan[]
  isReady = false

  constructor(later: readonly Plan[]) {
    super()
    this.#later = later
  }

  override ready(): Promise<void> {
    this.isReady = true
    return Promise.resolve()
  }

  override run(plan: Plan): void {
    if (!this.isReady && this.#later.includes(plan)) throw new Error(`${plan.name} was put off`)
    super.run(plan)
  }
}

interface RunOptions {
  readonly settings?: TrainingSettings
  readonly learns?: TokenSet
  readonly measures?: boolean
  readonly continued?: Float32Array | null
  readonly checkpoint?: Checkpoint | null
  readonly store?: MemoryStore
  readonly before?: (trainer: Trainer) => void
  readonly onEvent?: (event: RunEvent, trainer: Trainer, executor: PatientExecutor) => void
}

interface Ran {
  readonly result: RunResult | null
  readonly error: unknown
  readonly events: readonly RunEvent[]
  /** The hash of the parameters that each answer was given with, by its step. */
  readonly spokenWith: Readonly<Record<number, string>>
  /** What is on the device at the end. */
  readonly parameters: Float32Array
}

async function open(asked = settings) {
  const writes: Parameters<ReferenceExecutor['write']>[] = []
  const model = await loadRandomModel((...write) => writes.push(write), config, 'float32')
  const session = recordTrainingSession(model, asked)
  const executor = new PatientExecutor(session.later ?? [])
  for (const write of writes) executor.write(...write)
  return { session, executor }
}

async function run(options: RunOptions = {}): Promise<Ran> {
  const { settings: asked = settings, learns = train, measures = true } = options
  const { continued = null, checkpoint = null, store } = options
  const { session, executor } = await open(asked)
  const { adapter } = session
  const readParameters = async () => new Float32Array(await executor.read(adapter.parameters))
  const events: RunEvent[] = []
  const spokenWith: Record<number, string> = {}
  const trainer: Trainer = new Trainer({
    settings: asked,
    executor,
    plans: session.training,
    evaluation: session.evaluation,
    batch: session.batch,
    trained: adapter,
    start: startOfAdapter(adapter, asked.seed, continued),
    train: learns,
    validation: measures ? validation : null,
    checkpoints: store ? new CheckpointFiles(store, 'run') : null,
    checkpointEveryMs: 0,
    report: (event) => {
      events.push(event)
      options.onEvent?.(event, trainer, executor)
    },
    sample: measures
      ? { every: 2, speak: async (step) => void (spokenWith[step] = await hashOf(await readParameters())) }
      : null,
    now: () => 0,
  })
  options.before?.(trainer)
  let result: RunResult | null = null
  let error: unknown = null
  try {
    result = await trainer.run(checkpoint)
  } catch (thrown) {
    error = thrown
  }
  return { result, error, events, spokenWith, parameters: await readParameters() }
}

/** The loss of `parameters` on the validation set, on a device where nothing was trained. */
async function lossOf(parameters: Float32Array): Promise<number> {
  const { session, executor } = await open()
  executor.write(session.adapter.parameters, parameters)
  await executor.ready()
  return (await evaluate(executor, session.evaluation, session.batch, settings, validation)).value
}

const hashOf = (parameters: Float32Array) => sha256Hex(new Uint8Array(parameters.slice().buffer))
const isSaving = ({ kind }: RunEvent) => kind === 'checkpoint'
const orderOf = (events: readonly RunEvent[]) =>
  events.filter((event) => !isSaving(event)).map(({ kind, step }) => `${kind} ${step}`)
const ofKind = (events: readonly RunEvent[], kind: RunEvent['kind']) => events.filter((event) => event.kind === kind)

let whole: Ran
let fresh: Float32Array
let warm: Float32Array

beforeAll(async () => {
  whole = await run()
  const { adapter } = (await open()).session
  fresh = initialParameters(adapter, settings.seed)
  warm = warmParameters(adapter)
})

describe('a run', () => {
  test('takes its first step before the base is measured, with nothing prepared that the step does not need', async () => {
    const prepared: boolean[] = []
    const { events } = await run({ onEvent: (_event, _trainer, { isReady }) => prepared.push(isReady) })
    expect(orderOf(events)).toEqual([
      'step 1',
      'validation 0',
      'step 2',
      'validation 2',
      'step 3',
      'step 4',
      'validation 4',
    ])
    expect(prepared.slice(0, 2)).toEqual([false, true])
  })

  test('measures the base to the bit, and lets it speak, as if nothing had been learned', async () => {
    const base = await lossOf(fresh)
    expect(whole.result?.baseValidationLoss).toBe(base)
    expect(ofKind(whole.events, 'validation')[0]).toMatchObject({ step: 0, loss: base, isBest: false })
    expect(Object.keys(whole.spokenWith)).toEqual(['0', '2', '4'])
    expect(whole.spokenWith[0]).toBe(await hashOf(fresh))
    expect(whole.spokenWith[4]).not.toBe(whole.spokenWith[0])
  })

  test('learns what it learns where nothing is measured', async () => {
    const unmeasured = await run({ measures: false })
    expect(ofKind(whole.events, 'step')).toEqual(ofKind(unmeasured.events, 'step'))
    expect(whole.spokenWith[4]).toBe(unmeasured.result?.adapterSha256)
  })

  test('of one step measures base and adapter in that order', async () => {
    const { events, result } = await run({ settings: { ...settings, steps: 1, evaluateEvery: 1 } })
    expect(orderOf(events)).toEqual(['step 1', 'validation 0', 'validation 1'])
    expect(result).toMatchObject({ steps: 1, baseValidationLoss: whole.result?.baseValidationLoss })
  })

  test.each(['before its first step', 'after it'])('that is stopped %s has the loss of its base', async (when) => {
    const isAfter = when === 'after it'
    const { result } = await run({
      before: (trainer) => !isAfter && trainer.stop(),
      onEvent: ({ kind }, trainer) => kind === 'step' && trainer.stop(),
    })
    expect(result).toMatchObject({ end: 'stopped', steps: isAfter ? 1 : 0 })
    expect(result?.baseValidationLoss).toBe(whole.result?.baseValidationLoss)
  })

  test('that is paused after its first step goes on to the same end', async () => {
    const { result, events } = await run({
      onEvent: ({ kind, step }, trainer) => {
        if (kind === 'step' && step === 1) trainer.pause()
        if (kind === 'validation' && step === 0) setTimeout(() => trainer.resume())
      },
    })
    expect(result).toEqual(whole.result)
    expect(events).toEqual(whole.events)
  })
})

describe('a run that is interrupted between its first step and the measurement of the base', () => {
  test.each([1, 2])('leaves at once, and goes on to the same bytes, evaluating every %i', async (evaluateEvery) => {
    const asked = { ...settings, evaluateEvery }
    const unbroken = await run({ settings: asked })
    const store = new MemoryStore()
    const broken = await run({
      settings: asked,
      store,
      onEvent: ({ kind }, trainer) => kind === 'step' && trainer.interrupt(),
    })
    expect(broken.error).toMatchObject({ code: 'run/interrupted', details: { step: 1, isSaved: true } })
    expect(orderOf(broken.events)).toEqual(['step 1'])

    const checkpoint = await new CheckpointFiles(store, 'run').latest()
    expect(checkpoint?.state).toMatchObject({ step: 1, owesStart: true, baseValidationLoss: null })
    const rest = await run({ settings: asked, checkpoint })
    expect(rest.result).toEqual(unbroken.result)
    expect([...broken.events, ...rest.events].filter((event) => !isSaving(event))).toEqual(unbroken.events)
    expect(rest.spokenWith).toEqual(unbroken.spokenWith)
  })

  test.each([1, 2, 3])('and from the checkpoint of step %i', async (step) => {
    const store = new MemoryStore()
    const broken = await run({
      store,
      onEvent: (event, trainer) => isSaving(event) && event.step === step && trainer.interrupt(),
    })
    expect(broken.error).toMatchObject({ code: 'run/interrupted' })
    const rest = await run({ checkpoint: await new CheckpointFiles(store, 'run').latest() })
    expect(rest.result).toEqual(whole.result)
    expect(ofKind(rest.events, 'validation').every((event) => event.step > 0)).toBe(true)
  })

  test('a checkpoint of before, which says nothing of it, had its base measured', async () => {
    const store = new MemoryStore()
    await run({ store, onEvent: (event, trainer) => isSaving(event) && trainer.interrupt() })
    const checkpoint = await new CheckpointFiles(store, 'run').latest()
    if (!checkpoint) throw new Error('no checkpoint')
    const { owesStart: _, ...state } = checkpoint.state
    const rest = await run({ checkpoint: await decodeCheckpoint(await encodeCheckpoint({ ...checkpoint, state })) })
    expect(rest.result).toEqual(whole.result)
    expect(ofKind(rest.events, 'validation').every((event) => event.step > 0)).toBe(true)
  })
})

describe('a run that continues an adapter', () => {
  test('measures the base and the adapter after its first step, and may keep the adapter as its best', async () => {
    // Taught the very text that it is measured on: great steps on another make it worse.
    const taught = await run({
      settings: { ...settings, steps: 30, evaluateEvery: 0 },
      learns: validation,
      measures: false,
    })
    const { result, events, spokenWith, parameters } = await run({
      settings: { ...settings, learningRate: 0.2 },
      continued: taught.parameters,
    })
    expect(result?.baseValidationLoss).toBe(await lossOf(fresh.slice().fill(0)))
    expect(ofKind(events, 'validation')[0]).toMatchObject({
      step: 0,
      loss: await lossOf(taught.parameters),
      isBest: true,
    })
    expect(spokenWith[0]).toBe(await hashOf(taught.parameters))
    expect(result).toMatchObject({ bestStep: 0, adapterSha256: await hashOf(taught.parameters) })
    expect(parameters).toEqual(taught.parameters)
  })

  test('interrupted during its first step, measures before it leaves, and goes on to the same bytes', async () => {
    const unbroken = await run({ continued: warm })
    const store = new MemoryStore()
    const broken = await run({
      continued: warm,
      store,
      onEvent: ({ kind }, trainer) => kind === 'step' && trainer.interrupt(),
    })
    expect(orderOf(broken.events)).toEqual(['step 1', 'validation 0'])
    const checkpoint = await new CheckpointFiles(store, 'run').latest()
    // What was continued may be another adapter by now: the checkpoint is all that is left of it.
    const rest = await run({ continued: checkpoint?.parameters ?? null, checkpoint })
    expect(rest.result).toEqual(unbroken.result)
  })
})
