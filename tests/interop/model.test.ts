// The embedded model on the reference executor against transformers: the mean loss of a text and the logits
// after it. The goldens are made by scripts/pretrain/goldens.py from the very weights in public/models.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { bytesSource } from '../../src/formats/fileSource'
import { readSafetensorsHeader, readTensor, toFloat32 } from '../../src/formats/safetensors'
import { sha256Hex } from '../../src/base/bytes'
import { argmax } from '../../src/base/argmax'
import { recordHeadForward } from '../../src/kernels/crossEntropy/head'
import { scalarIndex, SCALAR_COUNT } from '../../src/kernels/runInputs'
import { readModelConfig } from '../../src/models/config'
import { declareModel, modelHidden } from '../../src/models/model'
import { loadWeights } from '../../src/models/weights'
import { Plan } from '../../src/plan/plan'
import { persistentTensor } from '../../src/plan/tensor'
import { relativeNormError } from '../../src/base/relativeNormError'
import { ReferenceExecutor } from '../../src/reference/executor'
import { IGNORED_LABEL } from '../../src/text/types'
import { declareBatch, positionsOf, recordEvaluation } from '../../src/training/program'

interface Goldens {
  readonly modelSha256: string
  readonly texts: readonly { readonly ids: readonly number[] }[]
  readonly scored: {
    readonly textIndex: number
    readonly meanLoss: number
    readonly lastLogits: readonly number[]
    readonly lastArgmax: number
  }
}

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'public/models/plume-stories')
const goldens: Goldens = JSON.parse(readFileSync(join(root, 'tests/interop/goldens/plume-stories.json'), 'utf8'))
const weights = new Uint8Array(readFileSync(join(folder, 'model.safetensors')))

const executor = new ReferenceExecutor()
let losses: Float32Array
let logits: Float32Array

beforeAll(async () => {
  const config = readModelConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')))
  const model = declareModel(config, 'float32')
  const source = bytesSource(weights, 'model.safetensors')
  const header = await readSafetensorsHeader(source)
  const read = async (name: string) => toFloat32(await readTensor(source, header, name))
  await loadWeights(model, read, (tensor, data) => executor.write(tensor, data))

  const ids = goldens.texts[goldens.scored.textIndex]?.ids ?? []
  const shape = { batchSize: 1, sequenceLength: ids.length }
  const batch = declareBatch(shape)
  executor.write(batch.tokens, Uint32Array.from(ids))
  executor.write(batch.labels, Uint32Array.from([...ids.slice(1), IGNORED_LABEL]))
  executor.write(batch.positions, positionsOf(shape))
  const scalars = new Float32Array(SCALAR_COUNT)
  scalars[scalarIndex.lossScale] = 1 / (ids.length - 1)
  executor.write(batch.run.scalars, scalars)

  const evaluation = recordEvaluation(model, null, batch)
  executor.run(evaluation.plan)
  losses = new Float32Array(await executor.read(evaluation.rowLoss))

  const plan = new Plan('logits')
  const all = persistentTensor('logits', [ids.length, config.vocabulary], { role: 'staging' })
  const hidden = modelHidden(plan, model, { ...batch, adapterUse: null })
  recordHeadForward(plan, { x: hidden, head: model.head, logits: all })
  executor.run(plan)
  logits = new Float32Array(await executor.read(all)).slice(-config.vocabulary)
})

test('the goldens belong to these weights', async () => {
  expect(await sha256Hex(weights)).toBe(goldens.modelSha256)
})

// Both sides compute in float32; 1e-4 is the house's target for logits and losses against PyTorch.
test('the mean loss is that of transformers', () => {
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / (losses.length - 1)
  expect(Math.abs(mean / goldens.scored.meanLoss - 1)).toBeLessThan(1e-4)
})

test('the logits after the text are those of transformers', () => {
  const { lastLogits, lastArgmax } = goldens.scored
  expect(relativeNormError(logits.subarray(0, lastLogits.length), lastLogits)).toBeLessThan(1e-4)
  expect(argmax(logits)).toBe(lastArgmax)
})
