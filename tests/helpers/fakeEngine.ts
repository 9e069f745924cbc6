// An engine and a corpus worker that only pretend: plausible numbers, no GPU. For the preview in
// tests/preview and for component tests; never part of the page. Losses and bytes are invented.
import { AppError, type ErrorCode } from '../../src/base/errors'
import { linearNames, mergedBytes } from '../../src/engine/api'
import type {
  AdapterInfo,
  AdapterShelfView,
  BytesByRole,
  CellMeasurement,
  CorpusApi,
  CorpusRequest,
  EngineApi,
  GenerateResult,
  KeptAdapter,
  ModelInfo,
  RunEvent,
  RunListener,
  RunResult,
  TrainingSettings,
  UnfinishedRun,
} from '../../src/engine/api'
import { fakeBench } from './fakeBench'
import type { PreparedCorpus, TokenPreview, TokenSet } from '../../src/text/types'

export interface FakeOptions {
  /** Rejects inspectDevice with this. */
  readonly deviceError?: ErrorCode
  readonly unfinished?: readonly UnfinishedRun[]
  /** Time a step takes; 0 for tests. */
  readonly stepMs?: number
  /** The run breaks at this step with `run/not-finite`. */
  readonly breaksAtStep?: number
  readonly corpusError?: ErrorCode
  /** The browser has no GPU: plans run in ONNX Runtime. */
  readonly isOnProcessor?: boolean
  /** Timing this kernel loses the device. */
  readonly breaksAtKernel?: number
}

const MIB = 1024 * 1024

const model: ModelInfo = {
  id: 'plume-stories',
  name: 'plume-stories',
  sha256: '5f0c7b1e9d2a4c3886a1f0e7d94b2c5a7e6f1d3b8c9a0e2f4d6b8a1c3e5f7092',
  architecture: 'llama',
  layers: 4,
  width: 256,
  heads: 4,
  keyValueHeads: 2,
  headWidth: 64,
  feedForward: 640,
  linears: linearNames,
  vocabulary: 4096,
  maxTokens: 512,
  parameters: 3_803_392,
  hasTiedHead: true,
  canTrainWhole: true,
  fileBytes: 7_719_461,
  chatTemplate: null,
}

const linearShapes: Readonly<Record<(typeof linearNames)[number], readonly [number, number]>> = {
  q_proj: [256, 256],
  k_proj: [128, 256],
  v_proj: [128, 256],
  o_proj: [256, 256],
  gate_proj: [640, 256],
  up_proj: [640, 256],
  down_proj: [256, 640],
}

/** Texts of the previewed answers: the base tells stories, the adapter keeps a log. */
const baseAnswers = [
  ' there was a little girl named Lily. She liked to look at the sea. One day she saw a big boat, and the boat had a red flag. "Look, Mom!" she said.',
  ' sat by the window and looked at the rain. He was sad because he could not go out to play. Then a bird came to the window and said hello.',
]
const tunedAnswers = [
  ' Sea gray, short waves. Two gulls on the rail. The cat looks at the gulls. The gulls look at the cat. Oil at eleven cans. Lamp lit at six.',
  ' has found the warm step under the lamp and will not be moved. I clean around it. One ship, far, going north. Lamp lit a little before six.',
]

export function fakeEngine(options: FakeOptions = {}): EngineApi {
  const stepMs = options.stepMs ?? 120
  let loaded: ModelInfo | null = null
  let shelf: AdapterShelfView = { adapters: [], currentId: null }
  const current = () => shelf.adapters.find(({ id }) => id === shelf.currentId)?.info ?? null
  const keep = (info: AdapterInfo, name: string, origin: KeptAdapter['origin']) => {
    const id = `${shelf.adapters.length}`
    const kept = { id, name, origin, keptAt: Date.now(), isStored: true, sizeBytes: info.parameters * 4, info }
    shelf = { adapters: [kept, ...shelf.adapters], currentId: id }
    return info
  }
  let unfinished = [...(options.unfinished ?? [])]
  let isPaused = false
  let isStopping = false
  let isGenerating = false
  let lastSettings: TrainingSettings | null = null

  async function run(settings: TrainingSettings, pinned: readonly string[], from: number, listener: RunListener) {
    const began = Date.now()
    isPaused = false
    isStopping = false
    lastSettings = settings
    const memory = memoryOf(settings)
    const every = settings.evaluateEvery || settings.steps
    let best = Number.POSITIVE_INFINITY
    let bestStep = 0
    let last = 0
    let step = from
    await rest(Math.min(600, stepMs * 4))
    while (step < settings.steps && !isStopping) {
      while (isPaused && !isStopping) await rest(40)
      await rest(stepMs)
      step += 1
      if (step === options.breaksAtStep) {
        throw new AppError('run/not-finite', { message: `loss is NaN at step ${step}`, details: { step } })
      }
      const events: RunEvent[] = [stepMetrics(step, settings, stepMs || 1)]
      if (step === 1) events.push(validation(0, 4.412, true))
      if (step % every === 0 || step === settings.steps) {
        last = validationLoss(step, settings)
        if (last < best) bestStep = step
        best = Math.min(best, last)
        events.push(validation(step, last, bestStep === step))
        for (const [index, prompt] of pinned.entries()) {
          const answers = step > settings.steps * 0.4 ? tunedAnswers : baseAnswers
          events.push({ kind: 'sample', step, prompt, text: answers[index % answers.length] ?? '' })
        }
        events.push({ kind: 'checkpoint', step })
      }
      listener(events, memory)
    }
    keep(adapterOf(settings), 'lighthouse-log.txt', 'trained')
    unfinished = []
    const result: RunResult = {
      end: isStopping ? 'stopped' : 'finished',
      steps: step,
      bestStep,
      baseValidationLoss: 4.412,
      bestValidationLoss: best,
      lastValidationLoss: last,
      elapsedMs: Date.now() - began,
      adapterSha256: 'c0ffee1d5a7b3e9f2d4c6a8b0e1f3d5c7a9b1e3f5d7c9a0b2e4f6d8c0a1b3e5f',
    }
    return result
  }

  return {
    inspectDevice: async () => {
      await rest(Math.min(80, stepMs))
      if (options.deviceError) throw new AppError(options.deviceError, { message: 'the fake has no device' })
      return {
        kind: options.isOnProcessor ? 'wasm' : 'webgpu',
        noGpu: options.isOnProcessor ? 'device/no-webgpu' : null,
        vendor: 'apple',
        architecture: 'metal-3',
        description: 'Apple M3',
        isSoftware: options.isOnProcessor ?? false,
        hasFloat16: true,
        hasSubgroups: true,
        hasTimestamps: true,
        hasInt8Products: true,
        maxBufferBytes: 4 * 1024 * MIB,
        maxBindingBytes: 4 * 1024 * MIB - 4,
      }
    },
    loadModel: async () => {
      await rest(stepMs * 4)
      loaded = model
      return model
    },
    openModel: async ({ name }) => {
      await rest(stepMs * 4)
      loaded = { ...model, id: name, name }
      return loaded
    },
    planRun: async (settings) => {
      if (!loaded) throw new AppError('engine/no-model', { message: 'no model' })
      const linears = model.layers * sum(Object.values(linearShapes).map(([rows, columns]) => rows * columns))
      return {
        precision: settings.precision,
        memory: memoryOf(settings),
        memoryInFloat32: memoryOf({ ...settings, precision: 'float32' }),
        trainableParameters: trainableParameters(settings),
        totalParameters: model.parameters,
        linearWeightBytes: linears * { float32: 4, float16: 2, int8: 1.0625 }[settings.precision],
        tokensPerStep: settings.batchSize * settings.accumulation * settings.sequenceLength,
        flopsPerStep: 4 * model.parameters * settings.batchSize * settings.accumulation * settings.sequenceLength,
        largestBufferBytes: model.vocabulary * model.width * 4,
      }
    },
    foreseeRun: () => Promise.resolve(),
    planModel: async (config, settings) => {
      const { hidden_size: width = 768, vocab_size: vocabulary = 50_000 } = config as Record<string, number>
      return {
        precision: settings.precision,
        memory: memoryOf(settings),
        memoryInFloat32: memoryOf({ ...settings, precision: 'float32' }),
        trainableParameters: trainableParameters(settings),
        totalParameters: vocabulary * width * 5,
        linearWeightBytes: vocabulary * width * 4,
        tokensPerStep: settings.batchSize * settings.sequenceLength,
        flopsPerStep: 1e9,
        largestBufferBytes: vocabulary * width * 4,
      }
    },
    train: async (request, onEvents) =>
      await run(
        request.settings,
        request.pinnedPrompts.map(({ text }) => text),
        0,
        onEvents,
      ),
    trainTrial: async ({ method, settings }, onStep) => {
      const isInt8 = settings.precision === 'int8'
      const losses: { step: number; loss: number }[] = []
      for (let step = 1; step <= settings.steps; step++) {
        await rest(stepMs / 4)
        losses.push({
          step,
          loss:
            2.6 +
            2 * Math.exp(-step / 15) +
            0.05 * Math.sin(step * 1.7) +
            (isInt8 ? 0.004 : 0) -
            (method === 'full' ? 0.1 : 0),
        })
        onStep({ step, loss: losses.at(-1)?.loss ?? 0 })
      }
      return {
        method,
        precision: settings.precision,
        trainedParameters: method === 'full' ? model.parameters : 59_392,
        learningRate: settings.learningRate * (method === 'full' ? 0.1 : 1),
        losses,
        stepMs: { value: isInt8 ? 61 : 48, spread: 2, n: settings.steps - 1 },
        memory: memoryOf(settings),
        validationLoss: 2.71 + (isInt8 ? 0.003 : 0),
      }
    },
    pause: async () => {
      await rest(stepMs)
      isPaused = true
    },
    resume: async () => {
      isPaused = false
    },
    stop: async () => {
      isStopping = true
    },
    unfinishedRuns: async () => unfinished,
    resumeRun: async (runId, onEvents) => {
      const found = unfinished.find((one) => one.runId === runId)
      if (!found) throw new AppError('run/checkpoint-damaged', { message: `no run ${runId}` })
      return await run(found.settings, ['The cat'], found.step, onEvents)
    },
    discardRun: async (runId) => {
      unfinished = unfinished.filter((one) => one.runId !== runId)
    },
    generate: async ({ prompt, usesAdapter, sampling }, onText) => {
      isGenerating = true
      const answers = usesAdapter ? tunedAnswers : baseAnswers
      const text = answers[(prompt.text.length + sampling.seed) % answers.length] ?? ''
      const pieces = text.match(/\s?\S+/g) ?? []
      let said = ''
      for (const piece of pieces.slice(0, sampling.maxTokens)) {
        if (!isGenerating) break
        await rest(stepMs / 4)
        said += piece
        onText(piece, 1 / (1 + (piece.length % 5)))
      }
      const result: GenerateResult = {
        text: said,
        promptTokens: Math.ceil(prompt.text.length / 4),
        generatedTokens: pieces.length,
        firstTokenMs: 21.4,
        tokensPerSecond: 118,
        stop: 'end-of-text',
      }
      return result
    },
    stopGenerating: async () => {
      isGenerating = false
    },
    setAdapterStrength: async () => {},
    evaluate: async ({ usesAdapter, precision }) => ({
      value: (usesAdapter ? 2.604 : 4.412) + (precision === 'int8' ? 0.004 : 0),
      spread: 0.031,
      n: 24,
    }),
    measureCell: async ({ precision, usesAdapter }) => {
      await rest(stepMs * 6)
      const isInt8 = precision === 'int8'
      const cell: CellMeasurement = {
        precision,
        usesAdapter,
        memory: {
          weights: (isInt8 ? 6.5 : 14.5) * MIB,
          adapter: usesAdapter ? 0.5 * MIB : 0,
          gradients: 0,
          optimizer: 0,
          activations: 1.25 * MIB,
          cache: 2 * MIB,
          staging: 0.125 * MIB,
        },
        linearWeightBytes: (isInt8 ? 2.75 : 10.5) * MIB,
        int8Products: isInt8 ? { speedup: 1.72, isUsed: true } : null,
        loadMs: isInt8 ? 210 : 140,
        generalLoss: { value: 4.902 + (usesAdapter ? 0.21 : 0) + (isInt8 ? 0.003 : 0), spread: 0.08, n: 6 },
        fromReference:
          isInt8 || usesAdapter
            ? {
                divergence: { value: (usesAdapter ? 0.61 : 0) + (isInt8 ? 0.0004 : 0), spread: 0.0001, n: 250 },
                agreement: { value: usesAdapter ? 0.58 : 0.988, spread: 0.007, n: 250 },
              }
            : null,
        prefillTokensPerSecond: { value: isInt8 ? 1430 : 1510, spread: 40, n: 5 },
        decodeTokensPerSecond: { value: (isInt8 ? 142 : 118) - (usesAdapter ? 6 : 0), spread: 3, n: 5 },
        firstTokenMs: { value: isInt8 ? 22.6 : 21.4, spread: 0.8, n: 5 },
        validationLoss: { value: (usesAdapter ? 2.604 : 4.412) + (isInt8 ? 0.004 : 0), spread: 0.031, n: 24 },
      }
      return cell
    },
    ...fakeBench(options, stepMs),
    inspectLinear: async ({ layer, linear }) => {
      await rest(stepMs)
      const bell = (bins: number, centre: number, width: number) =>
        Array.from({ length: bins }, (_, bin) => Math.round(900 * Math.exp(-(((bin - centre) / width) ** 2))))
      const worst = [5, 4, 3, 2, 1].map((rank) => ({
        row: 31 * rank,
        firstColumn: 32 * rank,
        step: 4e-3 / rank,
        error: 0.009 + 0.001 * rank,
        peak: 3 + rank / 3,
      }))
      return {
        layer,
        linear,
        outputs: 640,
        inputs: 256,
        weights: { least: -0.52, most: 0.52, counts: bell(121, 60, 14) },
        int8: {
          error: 0.0054,
          blocks: 5120,
          blockErrors: { least: 0, most: 0.014, counts: bell(60, 24, 8) },
          steps: { finest: 3.1e-4, middle: 1.2e-3, coarsest: 4e-3 },
          worst,
        },
        singular: { values: [0.61, 0.42, 0.2, 0.11, 0.06, 0.03, 0.02, 0.01], needed: 3 },
      }
    },
    onnxProviders: () => Promise.resolve(['wasm', 'webgpu']),
    measureOnnx: async ({ provider, precision }) => {
      await rest(4 * stepMs)
      const speed = (provider === 'wasm' ? 1.4 : 0.3) * (precision === 'int8' ? 0.9 : 1)
      return {
        provider,
        precision,
        fileBytes: precision === 'int8' ? 7_200_000 : 15_800_000,
        loadMs: 310 / speed,
        firstTokenMs: { value: 90 / speed, spread: 3, n: 5 },
        prefillTokensPerSecond: { value: 700 * speed, spread: 20, n: 5 },
        decodeTokensPerSecond: { value: 60 * speed, spread: 2, n: 5 },
        difference: {
          tokens: 63,
          largest: precision === 'int8' && provider === 'webgpu' ? 0.012 : 1.1e-6,
          agreement: { value: 1, spread: 0, n: 63 },
        },
      }
    },
    exportMerged: async ({ form }, onPiece) => {
      const weightBytes = mergedBytes(model, form)
      for (let piece = 0; piece < 8; piece++) {
        await rest(stepMs)
        await onPiece({ name: 'model.zip', bytes: new Uint8Array(16), isLast: piece === 7 })
      }
      return { weightBytes, isBaseQuantized: false, proof: { tokens: 32, agreement: 1, largestDifference: 0.0004 } }
    },
    exportCluster: async () => {
      await rest(stepMs)
      return { files: [], zip: new Uint8Array(1 << 16) }
    },
    exportAdapter: async (chat) => {
      const adapter = current()
      if (!adapter) throw new AppError('adapter/no-effect', { message: 'no adapter' })
      const encode = (text: string) => new TextEncoder().encode(text)
      const files = [
        { name: 'adapter_config.json', bytes: encode(JSON.stringify({ peft_type: 'LORA', r: adapter.rank }, null, 2)) },
        { name: 'adapter_model.safetensors', bytes: new Uint8Array(adapter.parameters * 4) },
        { name: 'README.md', bytes: encode('# An adapter\n') },
      ]
      return {
        files,
        zip: new Uint8Array(adapter.parameters * 4 + 900),
        gguf: { name: 'plume-adapter.gguf', bytes: new Uint8Array(adapter.parameters * 4) },
        chat: chat ?? null,
        modelfile: { name: 'Modelfile', bytes: encode('FROM ./base.gguf\nADAPTER ./plume-adapter.gguf\n') },
        mlx: { name: 'plume-adapter-mlx.zip', bytes: new Uint8Array(adapter.parameters * 4) },
        info: adapter,
        isVerified: true,
        proof: {
          tokens: 31,
          files: [
            { name: 'plume-adapter.zip', largestDifference: 0 },
            { name: 'plume-adapter.gguf', largestDifference: 2.1e-7 },
          ],
        },
      }
    },
    adapterCard: async () => ({ adapterSha256: 'ab'.repeat(32), text: fakeCard, isTrainedHere: true }),
    packAdapter: async ({ dtype, card, curves }) => {
      const adapter = current()
      if (!adapter) throw new AppError('adapter/no-effect', { message: 'no adapter' })
      const weights = new Uint8Array(adapter.parameters * (dtype === 'float16' ? 2 : 4))
      const encode = (text: string) => new TextEncoder().encode(text)
      const files = [
        { name: 'README.md', bytes: encode(card ?? fakeCard) },
        { name: 'adapter_config.json', bytes: encode(JSON.stringify({ peft_type: 'LORA', r: adapter.rank }, null, 2)) },
        { name: 'adapter_model.safetensors', bytes: weights },
        ...(curves ? [{ name: 'curves.png', bytes: curves }] : []),
      ]
      const zip = new Uint8Array(weights.byteLength + 3000)
      const single = { name: 'plume-adapter.safetensors', bytes: weights }
      return { files, zip, single, rounding: dtype === 'float16' ? 2.1e-4 : 0 }
    },
    linkAdapter: async () => ({ text: `1.60000.${'ab'.repeat(32)}.AAAA`, bytes: 60_000 }),
    readLink: async (text) => {
      await rest(stepMs)
      if (text.endsWith('cut')) throw new AppError('link/cut', { message: 'cut' })
      const file = { name: 'plume-adapter.safetensors', bytes: new Uint8Array(1000) }
      const targets = ['q_proj', 'v_proj']
      return {
        rank: 4,
        alpha: 8,
        targets,
        parameters: 37_000,
        baseModel: model.id,
        baseSha256: model.sha256,
        bytes: 60_000,
        file,
      }
    },
    importAdapter: async (files) => {
      await rest(stepMs * 2)
      if (files.some((file) => file.name.endsWith('.bin'))) {
        throw new AppError('file/pickle', { message: 'a pickle' })
      }
      if (!files.some((file) => /\.zip$|\.safetensors$/.test(file.name))) {
        throw new AppError('adapter/files-missing', { message: `found ${files.map((file) => file.name).join()}` })
      }
      return keep(adapterOf(lastSettings ?? fakeSettings), files[0]?.name ?? '', 'opened')
    },
    currentAdapter: async () => current(),
    adapters: async () => shelf,
    chooseAdapter: async (currentId) => {
      shelf = { ...shelf, currentId }
    },
    renameAdapter: async (id, name) => {
      shelf = { ...shelf, adapters: shelf.adapters.map((one) => (one.id === id ? { ...one, name } : one)) }
    },
    deleteAdapter: async (id) => {
      const { currentId } = shelf
      shelf = {
        adapters: shelf.adapters.filter((one) => one.id !== id),
        currentId: currentId === id ? null : currentId,
      }
    },
    combineAdapters: async ({ name }) => {
      const { rank, ...info } = adapterOf(lastSettings ?? fakeSettings)
      return keep({ ...info, rank: 2 * rank }, name, 'combined')
    },
    memory: async () => memoryOf(lastSettings ?? fakeSettings),
  }
}

export function fakeCorpus(options: FakeOptions = {}): CorpusApi {
  return {
    loadTokenizer: async () => ({ vocabularySize: model.vocabulary, chatTemplate: null }),
    openTokenizer: async () => ({ vocabularySize: model.vocabulary, chatTemplate: null }),
    prepare: async (request) => {
      await rest(options.stepMs ?? 120)
      if (options.corpusError) throw new AppError(options.corpusError, { message: 'the fake was told to fail' })
      return prepareFake(request)
    },
  }
}

export const fakeSettings: TrainingSettings = {
  precision: 'float32',
  rank: 8,
  alpha: 16,
  usesRsLora: false,
  dropout: 0,
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  learningRate: 2e-3,
  schedule: 'linear',
  warmupSteps: 6,
  weightDecay: 0,
  maxGradientNorm: 1,
  steps: 120,
  batchSize: 4,
  accumulation: 1,
  sequenceLength: 128,
  usesCheckpointing: false,
  validationShare: 0.1,
  evaluateEvery: 20,
  seed: 42,
}

/** A run that a closed tab left behind. */
export function fakeUnfinishedRun(): UnfinishedRun {
  const events = Array.from({ length: 60 }, (_, index) => stepMetrics(index + 1, fakeSettings, 180))
  return {
    runId: 'run-fake',
    corpusName: 'The lighthouse log',
    modelId: model.id,
    step: 60,
    settings: fakeSettings,
    savedAt: Date.now() - 42 * 60_000,
    events,
  }
}

function stepMetrics(step: number, settings: TrainingSettings, elapsedMs: number): RunEvent {
  const noise = Math.sin(step * 12.9898) * 0.16 + Math.sin(step * 78.233) * 0.09
  const warmup = Math.min(1, step / Math.max(1, settings.warmupSteps))
  const rest = settings.schedule === 'constant' ? 1 : 1 - step / (settings.steps + 1)
  return {
    kind: 'step',
    step,
    loss: trainLoss(step, settings) + noise,
    learningRate: settings.learningRate * warmup * rest,
    gradientNorm: 0.5 + 1.6 * Math.exp(-step / 14) + Math.abs(noise) * 0.8,
    tokens: settings.batchSize * settings.accumulation * settings.sequenceLength,
    elapsedMs: elapsedMs * (1 + 0.08 * Math.sin(step)),
  }
}

function trainLoss(step: number, { learningRate }: TrainingSettings): number {
  return 2.32 + 2.05 * Math.exp((-step / 26) * Math.min(2, learningRate / 2e-3))
}

function validationLoss(step: number, settings: TrainingSettings): number {
  return trainLoss(step, settings) + 0.19 + 0.0006 * step
}

function validation(step: number, loss: number, isBest: boolean): RunEvent {
  return { kind: 'validation', step, loss, perplexity: Math.exp(loss), tokens: 1840, isBest }
}

function trainableParameters({ rank, targets }: TrainingSettings): number {
  const perRank = linearNames.filter((name) => targets.includes(name)).map((name) => sum([...linearShapes[name]]))
  return model.layers * rank * sum(perRank)
}

function memoryOf(settings: TrainingSettings): BytesByRole {
  const adapter = trainableParameters(settings) * 4
  const tokens = settings.batchSize * settings.sequenceLength
  const perToken = settings.usesCheckpointing ? 22_000 : 61_000
  return {
    weights: { float32: 14.5, float16: 7.3, int8: 3.9 }[settings.precision] * MIB,
    adapter,
    gradients: adapter,
    optimizer: adapter * 2,
    activations: tokens * perToken,
    cache: 1 * MIB,
    staging: 0.1 * MIB,
  }
}

const fakeCard = `---
library_name: peft
base_model: "plume-stories"
---

# LoRA adapter for Plume stories
`

function adapterOf(settings: TrainingSettings): AdapterInfo {
  const movement = Array.from({ length: model.layers }, (_, layer) =>
    settings.targets.map((linear, index) => ({
      layer,
      linear,
      share: 0.02 + 0.05 * Math.abs(Math.sin(layer * 1.7 + index * 0.9)),
    })),
  ).flat()
  return {
    rank: settings.rank,
    alpha: settings.alpha,
    usesRsLora: settings.usesRsLora,
    targets: settings.targets,
    parameters: trainableParameters(settings),
    baseModel: model.id,
    baseSha256: model.sha256,
    matchesBaseHash: true,
    hasEffect: true,
    movement,
    notes: [],
  }
}

/** Words as tokens, near enough to byte pairs to look right. */
function prepareFake(request: CorpusRequest): PreparedCorpus {
  const text = request.files.map((file) => new TextDecoder().decode(file.bytes)).join('\n\n')
  const isRows = request.files.some((file) => file.name.endsWith('.jsonl'))
  const documents = isRows ? readRows(text) : text.split(/\n\s*\n/).map((body) => ({ prompt: '', body: body.trim() }))
  const kept = documents.filter((document) => document.body !== '')
  if (kept.length === 0) throw new AppError('corpus/empty', { message: 'no documents' })
  const heldOut = Math.max(1, Math.round(kept.length * request.validationShare))
  const previews = kept.map((document, index): TokenPreview => {
    const prompt = pieces(document.prompt)
    const body = pieces(document.body)
    const texts = [...prompt, ...body, '<|endoftext|>']
    return {
      documentIndex: index,
      split: index % Math.ceil(kept.length / heldOut) === 1 ? 'validation' : 'train',
      ids: texts.map((_, token) => 300 + ((token * 37) % 3000)),
      texts,
      trained: texts.map((_, token) => token >= prompt.length),
      roles: texts.map((_, token) => (token === texts.length - 1 ? 'end' : 'text')),
      tokenCount: texts.length,
    }
  })
  const lengths = previews.map((preview) => preview.tokenCount)
  const longest = Math.max(...lengths)
  const width = Math.max(8, Math.ceil(longest / 16 / 8) * 8)
  const upTo = Array.from({ length: Math.ceil(longest / width) }, (_, index) => (index + 1) * width)
  const characters = sum(kept.map(({ prompt, body }) => prompt.length + body.length))
  const tokens = sum(lengths)
  const validation = previews.filter((preview) => preview.split === 'validation').length
  return {
    kind: isRows ? 'prompt-completion' : 'text',
    sources: request.files.map(({ name }) => ({ name, encoding: 'utf-8', documents: kept.length })),
    table: isRows
      ? {
          columns: ['prompt', 'completion', 'source'].map((name) => ({
            name,
            example: kept[0]?.body.slice(0, 80) ?? '',
          })),
          mapping: request.mapping ?? {
            kind: 'prompt-completion',
            prompt: 'prompt',
            input: null,
            completion: 'completion',
          },
          isGuessed: !request.mapping,
        }
      : null,
    template: isRows ? '{prompt}\n{completion}<|endoftext|>' : '{text}<|endoftext|>',
    train: tokenSet(tokens * (1 - request.validationShare), request.sequenceLength),
    validation: tokenSet(tokens * request.validationShare, request.sequenceLength),
    preview: previews.slice(0, 24),
    statistics: {
      documents: kept.length,
      trainDocuments: kept.length - validation,
      validationDocuments: validation,
      characters,
      tokens,
      charactersPerToken: characters / tokens,
      trainedTokens: Math.round(tokens * (1 - request.validationShare)),
      longestDocumentTokens: longest,
      lengthHistogram: {
        upTo,
        counts: upTo.map((limit) => lengths.filter((length) => length <= limit && length > limit - width).length),
      },
      truncated: isRows ? lengths.filter((length) => length > request.sequenceLength).length : 0,
    },
    problems: isRows
      ? [{ kind: 'row-unknown-columns', file: request.files[0]?.name ?? '', count: 2, lines: [14, 31] }]
      : [{ kind: 'duplicate-documents', file: '', count: 1, lines: [] }],
  }
}

function readRows(text: string): { prompt: string; body: string }[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const row = JSON.parse(line) as { prompt?: string; completion?: string; text?: string }
      return { prompt: row.prompt ?? '', body: row.completion ?? row.text ?? '' }
    })
}

function pieces(text: string): string[] {
  const words = text.match(/\n| ?[\p{L}\p{N}]+| ?[^\s\p{L}\p{N}]/gu) ?? []
  return words.flatMap((word) =>
    /[가-힣]/.test(word) ? word.split('') : word.length > 7 ? [word.slice(0, 5), word.slice(5)] : [word],
  )
}

function tokenSet(tokens: number, sequenceLength: number): TokenSet {
  const sequences = Math.max(1, Math.floor(tokens / sequenceLength))
  return {
    tokens: new Uint32Array(sequences * sequenceLength),
    labels: new Uint32Array(sequences * sequenceLength),
    sequenceLength,
    sequences,
    labelledTokens: sequences * sequenceLength,
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
