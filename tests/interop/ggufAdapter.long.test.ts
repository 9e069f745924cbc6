// Our GGUF adapters in llama.cpp, on F16 bases of each family that another's writer made: its logits are ours.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { defined } from '../../src/base/assert'
import { writeGgufAdapter } from '../../src/engine/ggufAdapter'
import { openModelFiles } from '../../src/engine/modelFiles/modelFiles'
import { bytesSource } from '../../src/formats/fileSource'
import { recordHeadForward } from '../../src/kernels/crossEntropy/head'
import { linearNamesOf, readModelConfig, type ModelConfig } from '../../src/models/config'
import { declareAdapter, type LoraSettings } from '../../src/models/lora'
import { declareModel, modelHidden } from '../../src/models/model'
import { loadWeights } from '../../src/models/weights'
import { Plan } from '../../src/plan/plan'
import { persistentTensor } from '../../src/plan/tensor'
import { relativeNormError } from '../../src/base/relativeNormError'
import { ReferenceExecutor } from '../../src/reference/executor'
import { positionsOf } from '../../src/training/program'
import { declareBatch } from '../../src/training/program'
import { goldensFolder, readGoldenFile } from '../helpers/goldenFiles'
import { llamaPython, NoPython, runPython } from '../helpers/python'
import { warmParameters } from '../helpers/tinyModel'

const bridge = join(import.meta.dirname, 'python/llama_cpp_adapter.py')
const ids = Array.from({ length: 32 }, (_, index) => 3 + ((index * 17) % 40))

/** llama.cpp multiplies F16 weights by activations rounded to F16: 2^-11 for each product. */
const TOLERANCE = 1e-2

let python: string
let missing: string | undefined
const folder = mkdtempSync(join(tmpdir(), 'plume-gguf-'))

beforeAll(async () => {
  try {
    python = await llamaPython()
  } catch (thrown) {
    if (!(thrown instanceof NoPython)) throw thrown
    missing = thrown.message
  }
}, 600_000)

/** All logits [T, V] of the model with an adapter, or of the base alone. */
async function logitsOf(name: string, settings: LoraSettings | null) {
  const files = await openModelFiles([bytesSource(await readGoldenFile(`gguf/${name}.gguf`), `${name}.gguf`)])
  const config = readModelConfig(files.config)
  const model = declareModel(config, 'float32')
  const executor = new ReferenceExecutor()
  await loadWeights(
    model,
    (tensor) => files.weights.float32(tensor),
    (tensor, data) => executor.write(tensor, data),
  )
  const batch = declareBatch({ batchSize: 1, sequenceLength: ids.length })
  const adapter = declareAdapter(config, settings ?? settingsFor(config))
  const parameters = warmParameters(adapter)
  const plan = new Plan('logits')
  const logits = persistentTensor('logits', [ids.length, config.vocabulary], { role: 'staging' })
  const adapterUse = settings ? { adapter, dropout: 0, inputs: batch.run } : null
  recordHeadForward(plan, { x: modelHidden(plan, model, { ...batch, adapterUse }), head: model.head, logits })
  executor.write(adapter.parameters, parameters)
  executor.write(batch.tokens, Uint32Array.from(ids))
  executor.write(batch.positions, positionsOf({ batchSize: 1, sequenceLength: ids.length }))
  executor.run(plan)
  return { logits: new Float32Array(await executor.read(logits)), config, adapter, parameters }
}

const settingsFor = (config: ModelConfig): LoraSettings => ({
  rank: 4,
  alpha: 8,
  usesRsLora: true, // whose scale llama.cpp does not know: it must be folded
  targets: linearNamesOf(config),
})

async function inLlamaCpp(name: string, bytes: Uint8Array) {
  const path = join(folder, `${name}.gguf`)
  writeFileSync(path, bytes)
  const base = join(goldensFolder, 'gguf', `${name}.gguf`)
  const read = JSON.parse(await runPython(python, [bridge, base, path, ids.join()])) as Record<string, number[][]>
  return (kind: 'base' | 'adapted') => Float32Array.from(defined(read[kind], kind).flat())
}

describe.each(['llama-linear', 'llama-rope3', 'qwen2', 'qwen3', 'gpt2'])('%s', (name) => {
  test('llama.cpp gives our logits, with the adapter and without', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const base = await logitsOf(name, null)
    const adapted = await logitsOf(name, settingsFor(base.config))
    const { config, adapter, parameters } = adapted
    const theirs = await inLlamaCpp(
      name,
      writeGgufAdapter({ config, info: { id: name, sha256: '' } }, adapter, parameters),
    )
    const errors = [
      relativeNormError(base.logits, theirs('base')),
      relativeNormError(adapted.logits, theirs('adapted')),
      relativeNormError(adapted.logits, theirs('base')),
    ]
    console.info(
      `${name}: base ${errors[0]?.toExponential(1)}, adapted ${errors[1]?.toExponential(1)}, between ${errors[2]?.toFixed(2)}`,
    )
    expect(errors[0]).toBeLessThan(TOLERANCE)
    expect(errors[1]).toBeLessThan(TOLERANCE)
    expect(errors[2]).toBeGreaterThan(10 * TOLERANCE) // the adapter does something

    if (config.family !== 'llama') return
    // Written as if the rows of queries and keys lay as ours do, the same adapter is another one.
    const unordered = { ...config, family: 'qwen2' as const }
    const wrong = await inLlamaCpp(
      name,
      asLlama(writeGgufAdapter({ config: unordered, info: { id: name, sha256: '' } }, adapter, parameters)),
    )
    expect(relativeNormError(adapted.logits, wrong('adapted'))).toBeGreaterThan(TOLERANCE)
  }, 300_000)
})

/** `qwen2` and `llama` have equally many letters: the architecture is changed in place. */
function asLlama(bytes: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).indexOf('qwen2')
  bytes.set(Buffer.from('llama'), at)
  return bytes
}
