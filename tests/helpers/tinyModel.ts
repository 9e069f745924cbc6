// Models small enough for the reference executor, with awkward sizes and seeded random weights.
import { Random } from '../../src/base/random'
import type { FamilyName, ModelConfig } from '../../src/models/config'
import { gpt2LinearNames } from '../../src/models/families/family'
import { declareModel, type DeclareOptions, type Model, type Precision } from '../../src/models/model'
import { initialParameters, type LoraAdapter } from '../../src/models/lora'
import { loadWeights } from '../../src/models/weights'
import type { Executor } from '../../src/plan/executor'
import { elementCount, type Tensor } from '../../src/plan/tensor'
import { IGNORED_LABEL } from '../../src/text/types'
import type { BatchInputs } from '../../src/training/program'
import { positionsOf } from '../../src/training/program'

export const tinyConfig: ModelConfig = {
  family: 'llama',
  layers: 2,
  width: 32,
  heads: 3,
  keyValueHeads: 1,
  headWidth: 32,
  feedForward: 64,
  vocabulary: 67,
  maxTokens: 96,
  normEpsilon: 1e-5,
  rope: { theta: 10_000, scaling: null },
  linearsWithBias: [],
  hasTiedHead: true,
}

/** The same with what the other families have besides: biases, norms on heads, learned positions. */
export const tinyFamilies: Readonly<Record<Exclude<FamilyName, 'llama'>, ModelConfig>> = {
  qwen2: { ...tinyConfig, family: 'qwen2', linearsWithBias: ['q_proj', 'k_proj', 'v_proj'] },
  qwen3: { ...tinyConfig, family: 'qwen3', headWidth: 10 },
  gpt2: {
    ...tinyConfig,
    family: 'gpt2',
    width: 30,
    keyValueHeads: 3,
    headWidth: 10,
    rope: null,
    linearsWithBias: gpt2LinearNames,
  },
}

/** The same so wide that linears of one input can be computed together: their tensors begin where views can, also in int8. */
export const joinedConfig: ModelConfig = { ...tinyConfig, width: 64, heads: 4, keyValueHeads: 2, headWidth: 32 }

export interface RandomModelOptions extends DeclareOptions {
  readonly seed?: number
  readonly onRead?: (name: string, values: Float32Array) => void
  /** What the file holds of a tensor, where not its values as they are. */
  readonly stored?: (values: Float32Array, shape: readonly number[]) => Float32Array
}

export async function loadRandomModel(
  write: Executor['write'],
  config: ModelConfig,
  precision: Precision,
  { seed = 5, onRead, stored = (values) => values, ...options }: RandomModelOptions = {},
): Promise<Model> {
  const model = declareModel(config, precision, options)
  let stream = 0
  const read = (name: string, shape: readonly number[]) => {
    const random = new Random(seed, stream++)
    const isNorm = /(norm|ln_\w)\.weight$/.test(name)
    // As a trained model's: norms around 1, products of unit size.
    const spread = isNorm ? 0.1 : /embed|wte|wpe/.test(name) ? 0.5 : 1 / Math.sqrt(shape.at(-1) ?? 1)
    const values = Float32Array.from(
      { length: elementCount({ shape }) },
      () => (isNorm ? 1 : 0) + spread * random.normal(),
    )
    onRead?.(name, values.slice())
    return Promise.resolve(stored(values, shape))
  }
  await loadWeights(model, read, (tensor, data) => write(tensor, data))
  return model
}

/** Adapter parameters as after some training: B is not zero, so that every gradient is. */
export function warmParameters(adapter: LoraAdapter, seed = 11): Float32Array {
  const parameters = initialParameters(adapter, seed)
  adapter.pairs.forEach(({ b }, index) => {
    const random = new Random(seed + 1, index)
    const start = b.offsetBytes / 4
    for (let i = 0; i < elementCount(b); i++) parameters[start + i] = 0.1 * random.normal()
  })
  return parameters
}

/** Random tokens; every fifth label is ignored. Writes positions and returns the labelled count. */
export function writeRandomBatch(
  write: (tensor: Tensor, data: ArrayBufferView) => void,
  batch: BatchInputs,
  vocabulary: number,
  seed = 21,
): number {
  const [batchSize = 1, sequenceLength = 1] = batch.tokens.shape
  const random = new Random(seed)
  const rows = batchSize * sequenceLength
  const tokens = Uint32Array.from({ length: rows }, () => random.integer(vocabulary))
  const labels = Uint32Array.from({ length: rows }, (_, i) =>
    i % 5 === 3 ? IGNORED_LABEL : random.integer(vocabulary),
  )
  write(batch.tokens, tokens)
  write(batch.labels, labels)
  write(batch.positions, positionsOf({ batchSize, sequenceLength }))
  return labels.filter((label) => label !== IGNORED_LABEL).length
}
