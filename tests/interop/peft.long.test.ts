// Adapters across the border, both ways, with three versions of PEFT: what Plume exports loads there without a
// warning and gives our logits; what PEFT saves loads here and gives its logits.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { peftFiles, readPeftAdapter } from '../../src/adapters/peft'
import { defined } from '../../src/base/assert'
import { concatBytes } from '../../src/base/bytes'
import { Random } from '../../src/base/random'
import { fitAdapter } from '../../src/engine/adapterOnHost'
import { mergedSafetensors, weightsFiles } from '../../src/engine/mergedModel'
import { openModelFiles } from '../../src/engine/modelFiles/modelFiles'
import type { WeightFiles } from '../../src/engine/modelFiles/weightFiles'
import { bytesSource } from '../../src/formats/fileSource'
import { readSafetensorsHeader, readTensor, toFloat32 } from '../../src/formats/safetensors'
import { recordHeadForward } from '../../src/kernels/crossEntropy/head'
import { familyOf, linearNamesOf, linearPath, readModelConfig, type ModelConfig } from '../../src/models/config'
import { declareAdapter, initialParameters, sliceOf, type LoraSettings } from '../../src/models/lora'
import { declareModel, modelHidden } from '../../src/models/model'
import { loadWeights } from '../../src/models/weights'
import { Plan } from '../../src/plan/plan'
import { elementCount, persistentTensor } from '../../src/plan/tensor'
import { relativeNormError } from '../../src/base/relativeNormError'
import { ReferenceExecutor } from '../../src/reference/executor'
import { declareBatch, positionsOf } from '../../src/training/program'
import { latestPython, NoPython, olderPython, runPython } from '../helpers/python'

const root = join(import.meta.dirname, '../..')
const goldens = join(root, 'tests/interop/goldens')
const embedded = join(root, 'public/models/plume-stories')
const tokens = [
  [5, 12, 33, 2, 60, 41, 7, 80],
  [1, 77, 3, 19, 19, 0, 64, 28],
]

interface Base {
  readonly folder: string
  readonly config: ModelConfig
  readonly weights: WeightFiles
}

interface Variant {
  readonly name: string
  /** Fields of LoraConfig. */
  readonly lora: Record<string, unknown>
  readonly pickles?: boolean
  readonly extraKeys?: Record<string, unknown>
  readonly defaultNames?: boolean
}

const attention = (family: string) => (family === 'gpt2' ? ['c_attn'] : ['q_proj', 'v_proj'])
const patterns = (family: string) =>
  family === 'gpt2'
    ? { rank_pattern: { 'h.1.attn.c_attn': 3 }, alpha_pattern: { 'mlp.c_fc': 7 } }
    : { rank_pattern: { 'layers.1.self_attn.q_proj': 3, down_proj: 2 }, alpha_pattern: { v_proj: 7 } }

/** Transformers of the version knows these families, and heads of such widths. */
const versions = {
  '0.10': { python: () => olderPython('0.10'), bases: ['plume-stories', 'qwen2', 'gpt2'] },
  '0.14': { python: () => olderPython('0.14'), bases: ['llama-tied', 'llama-rope3', 'llama-linear', 'qwen2', 'gpt2'] },
  latest: { python: latestPython, bases: ['plume-stories', 'llama-tied', 'llama-rope3', 'qwen2', 'qwen3', 'gpt2'] },
}

let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'plume-peft-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe.each(Object.entries(versions))('PEFT %s', (version, { python, bases }) => {
  test('gives our logits with our adapters, and we give its logits with its own', async (context) => {
    const program = await python().catch((thrown: unknown) => {
      if (thrown instanceof NoPython) return context.skip(thrown.message)
      throw thrown
    })
    const jobs: Record<string, unknown>[] = []
    const checks: (() => Promise<void>)[] = []
    const errors: Record<string, number> = {}
    const results = join(scratch, `${version}.safetensors`)
    let theirs = new Map<string, Float32Array>()
    const compare = (name: string, ours: Float32Array) => {
      const error = relativeNormError(ours, defined(theirs.get(name), name))
      errors[name] = error
      expect(error, name).toBeLessThan(1e-4)
    }

    for (const baseName of bases) {
      const base = await openBase(baseName)
      for (const [variant, settings] of Object.entries(ourSettings(base.config))) {
        const name = `${baseName}, ours, ${variant}`
        const adapter = join(scratch, `${version} ${name}`)
        const parameters = exportAdapter(base.config, settings, adapter)
        jobs.push({ name, kind: 'load', model: base.folder, adapter, tokens })
        checks.push(async () => compare(name, await logitsOf(base, settings, parameters)))
        for (const [kind, shardBytes] of [
          ['merged', Number.POSITIVE_INFINITY],
          ['sharded', 20_000],
        ] as const) {
          const merged = `${baseName}, ${kind}, ${variant}`
          const folder = join(scratch, `${version} ${merged}`)
          const model = await mergeInto(folder, base, { settings, parameters, shardBytes })
          jobs.push({ name: merged, kind: 'merged', model, tokens })
          checks.push(async () => compare(merged, await logitsOf(base, settings, parameters)))
        }
      }
      for (const { name: variant, ...options } of theirVariants(base.config)) {
        const name = `${baseName}, theirs, ${variant}`
        const adapter = join(scratch, `${version} ${name}`)
        jobs.push({ name, kind: 'save', model: base.folder, adapter, tokens, ...options })
        checks.push(async () => {
          const { settings, parameters } = fitAdapter(base.config, await readPeftAdapter(await filesOf(adapter)))
          compare(name, await logitsOf(base, settings, parameters))
        })
      }
    }
    const base = await openBase(bases[0] ?? '')
    for (const { name: variant, ...options } of refusedVariants(base.config)) {
      const adapter = join(scratch, `${version} refused ${variant}`)
      jobs.push({ name: `refused ${variant}`, kind: 'save', model: base.folder, adapter, tokens, ...options })
      checks.push(async () => {
        const code = options.pickles ? 'file/pickle' : 'adapter/unsupported'
        await expect(filesOf(adapter).then(readPeftAdapter), variant).rejects.toMatchObject({ code })
      })
    }

    const list = join(scratch, `${version}.json`)
    writeFileSync(list, JSON.stringify(jobs))
    await runPython(defined(program, 'a Python'), [join(root, 'tests/interop/python/peft_bridge.py'), list, results])
    theirs = await floatsOf(results)
    for (const check of checks) await check()
    for (const kind of ['ours', 'theirs', 'merged', 'sharded']) {
      const found = Object.entries(errors).filter(([name]) => name.includes(`, ${kind}, `))
      const largest = Math.max(...found.map(([, error]) => error))
      console.log(`PEFT ${version}: ${found.length} ${kind}, largest error ${largest.toExponential(1)}`)
    }
  }, 1_200_000)
})

function ourSettings(config: ModelConfig): Record<string, LoraSettings> {
  const plain = { rank: 5, alpha: 10, usesRsLora: false, targets: linearNamesOf(config) }
  const { rank_pattern: rankPattern, alpha_pattern: alphaPattern } = patterns(config.family)
  return {
    'every linear': plain,
    rsLoRA: { ...plain, usesRsLora: true },
    'ranks and alphas of its own': {
      ...plain,
      rankPattern: rankPattern as unknown as Record<string, number>,
      alphaPattern: alphaPattern as unknown as Record<string, number>,
    },
  }
}

function theirVariants({ family }: ModelConfig): Variant[] {
  const lora = { r: 4, lora_alpha: 9, target_modules: attention(family), fan_in_fan_out: family === 'gpt2' }
  const all = family === 'gpt2' ? ['c_attn', 'c_proj', 'c_fc'] : ['q_proj', 'v_proj', 'o_proj', 'down_proj']
  return [
    { name: 'plain', lora },
    { name: 'rsLoRA', lora: { ...lora, use_rslora: true } },
    { name: 'ranks and alphas of its own', lora: { ...lora, target_modules: all, ...patterns(family) } },
    { name: 'unknown keys', lora, extraKeys: { a_key_of_tomorrow: null, another: { deep: [1, 2] } } },
    { name: 'names of older versions', lora, defaultNames: true },
  ]
}

function refusedVariants({ family }: ModelConfig): Variant[] {
  const lora = { r: 4, lora_alpha: 8, target_modules: attention(family) }
  return [
    { name: 'DoRA', lora: { ...lora, use_dora: true } },
    { name: 'modules_to_save', lora: { ...lora, modules_to_save: ['lm_head'] } },
    { name: 'bias', lora: { ...lora, bias: 'all' } },
    { name: 'a pickle', lora, pickles: true },
  ]
}

async function openBase(name: string): Promise<Base> {
  const folder = name === 'plume-stories' ? embedded : join(goldens, name)
  const read = (file: string) => bytesSource(readFileSync(join(folder, file)), file)
  const tokenizer = bytesSource(new TextEncoder().encode('{}'), 'tokenizer.json') // its text does not matter here
  const { config, weights } = await openModelFiles([read('config.json'), tokenizer, read('model.safetensors')])
  return { folder, config: readModelConfig(config), weights }
}

function exportAdapter(config: ModelConfig, settings: LoraSettings, folder: string): Float32Array {
  const adapter = declareAdapter(config, settings)
  const parameters = initialParameters(adapter, 3)
  adapter.pairs.forEach(({ b }, index) => {
    const random = new Random(17, index)
    const values = sliceOf(parameters, b)
    for (let i = 0; i < values.length; i++) values[i] = 0.1 * random.normal()
  })
  const files = peftFiles({
    rank: settings.rank,
    alpha: settings.alpha,
    useRsLora: settings.usesRsLora,
    ...(settings.rankPattern && { rankPattern: settings.rankPattern }),
    ...(settings.alphaPattern && { alphaPattern: settings.alphaPattern }),
    fanInFanOut: familyOf(config).isTransposed,
    dropout: 0,
    targets: settings.targets,
    baseModel: 'a base',
    tensors: adapter.pairs.flatMap(({ layer, linear, a, b }) => [
      { name: `${linearPath(config, layer, linear)}.lora_A`, shape: a.shape, data: sliceOf(parameters, a) },
      { name: `${linearPath(config, layer, linear)}.lora_B`, shape: b.shape, data: sliceOf(parameters, b) },
    ]),
  })
  mkdirSync(folder, { recursive: true })
  for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes)
  return parameters
}

interface Addition {
  readonly settings: LoraSettings
  readonly parameters: Float32Array
  readonly shardBytes: number
}

/** The base with the adapter merged in, as a folder of its own. */
async function mergeInto(folder: string, base: Base, { settings, parameters, shardBytes }: Addition): Promise<string> {
  const { config } = base
  const read = (name: string) => base.weights.float32(name)
  const adapter = declareAdapter(config, settings)
  const source = { config, read, adapter, parameters, dtype: 'float32' } as const
  const { files, index } = weightsFiles(source, shardBytes)
  mkdirSync(folder, { recursive: true })
  for (const file of files) {
    const pieces: Uint8Array[] = []
    for await (const piece of mergedSafetensors(source, file)) pieces.push(piece)
    writeFileSync(join(folder, file.name), concatBytes(pieces))
  }
  if (index) writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
  expect(files.length > 1).toBe(Number.isFinite(shardBytes))
  copyFileSync(join(base.folder, 'config.json'), join(folder, 'config.json'))
  return folder
}

async function logitsOf(base: Base, settings: LoraSettings, parameters: Float32Array): Promise<Float32Array> {
  const executor = new ReferenceExecutor()
  const model = declareModel(base.config, 'float32')
  await loadWeights(
    model,
    (name) => base.weights.float32(name),
    (tensor, data) => executor.write(tensor, data),
  )
  const adapter = declareAdapter(base.config, settings)
  executor.write(adapter.parameters, parameters)
  const shape = { batchSize: tokens.length, sequenceLength: tokens[0]?.length ?? 0 }
  const batch = declareBatch(shape)
  executor.write(batch.tokens, Uint32Array.from(tokens.flat()))
  executor.write(batch.positions, positionsOf(shape))
  const plan = new Plan('logits')
  const logits = persistentTensor('logits', [elementCount(batch.tokens), base.config.vocabulary], { role: 'staging' })
  const hidden = modelHidden(plan, model, { ...batch, adapterUse: { adapter, dropout: 0, inputs: batch.run } })
  recordHeadForward(plan, { x: hidden, head: model.head, logits })
  executor.run(plan)
  return new Float32Array(await executor.read(logits))
}

async function filesOf(folder: string) {
  const names = (await readdir(folder)).filter((name) => name !== 'README.md')
  return Promise.all(names.map(async (name) => ({ name, bytes: new Uint8Array(await readFile(join(folder, name))) })))
}

async function floatsOf(path: string): Promise<Map<string, Float32Array>> {
  const source = bytesSource(readFileSync(path), path)
  const header = await readSafetensorsHeader(source)
  const floats = new Map<string, Float32Array>()
  for (const name of header.tensors.keys()) floats.set(name, toFloat32(await readTensor(source, header, name)))
  return floats
}
