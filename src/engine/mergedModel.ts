// A model with its adapter merged in, in Hugging Face's layout. Merging happens in float32, tensor by tensor, into what
// the model's files hold: the peak is one tensor, however large the model.
import { bytesOf } from '../base/bytes'
import { AppError } from '../base/errors'
import { bfloat16sToFloats, floatsToBfloat16s, floatsToHalves, halvesToFloats } from '../base/float16'
import { safetensorsHead, type SafetensorsDType } from '../formats/safetensors'
import { familyOf, linearPath, type ModelConfig } from '../models/config'
import { sliceOf, type LoraAdapter, type LoraPair } from '../models/lora'
import { storedWeights } from '../models/weights'
import type { MergedDType } from './mergedTypes'

const storedDTypes: Readonly<Record<MergedDType, SafetensorsDType>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
}

export interface MergeSource {
  readonly config: ModelConfig
  /** A tensor of the base by its name, whatever its file has it in. */
  readonly read: (name: string, shape: readonly number[]) => Promise<Float32Array>
  readonly adapter: LoraAdapter
  readonly parameters: Float32Array
  readonly dtype: MergedDType
}

/** model.safetensors, piece by piece: its head, then a tensor at a time. @throws AppError `weights/not-finite` */
export async function* mergedSafetensors(source: MergeSource): AsyncGenerator<Uint8Array> {
  const dtype = storedDTypes[source.dtype]
  const entries = storedWeights(source.config).map((entry) => ({ ...entry, dtype }))
  const { head, ordered } = safetensorsHead(entries, { format: 'pt' })
  yield head
  for (const { name, shape } of ordered) yield (await mergedTensor(source, name, shape)).bytes
}

/**
 * One tensor with the adapter's part added and rounded as asked: the bytes of it, and the floats they stand for.
 *
 * @throws AppError `weights/not-finite` for what is no number, or too large for half precision.
 */
export async function mergedTensor(
  { config, read, adapter, parameters, dtype }: MergeSource,
  name: string,
  shape: readonly number[],
): Promise<{ readonly bytes: Uint8Array; readonly floats: Float32Array }> {
  const base = await read(name, shape)
  const pair = adapter.pairs.find(({ layer, linear }) => `${linearPath(config, layer, linear)}.weight` === name)
  const floats = pair ? merged(base, { pair, parameters, isTransposed: familyOf(config).isTransposed }) : base
  const largest = floats.reduce((most, value) => (Math.abs(value) <= most ? most : Math.abs(value)), 0)
  // Written so that NaN, which no comparison holds for, is caught too.
  if (!(largest <= (dtype === 'float16' ? 65_504 : 3.4e38))) {
    throw new AppError('weights/not-finite', {
      message: `${name} has ${largest}, which ${dtype} does not`,
      details: { name },
    })
  }
  switch (dtype) {
    case 'float32':
      return { bytes: bytesOf(floats), floats }
    case 'float16': {
      const halves = floatsToHalves(floats)
      return { bytes: bytesOf(halves), floats: halvesToFloats(halves) }
    }
    case 'bfloat16': {
      const halves = floatsToBfloat16s(floats)
      return { bytes: bytesOf(halves), floats: bfloat16sToFloats(halves) }
    }
  }
}

interface Addition {
  readonly pair: LoraPair
  readonly parameters: Float32Array
  /** The checkpoint has the matrix [inputs, outputs]. */
  readonly isTransposed: boolean
}

/** W + scale B A, summed in float64 where a row is added up. */
function merged(base: Float32Array, { pair, parameters, isTransposed }: Addition): Float32Array {
  const { rank, scale } = pair
  const a = sliceOf(parameters, pair.a)
  const b = sliceOf(parameters, pair.b)
  const inputs = a.length / rank
  const outputs = b.length / rank
  const result = Float32Array.from(base)
  const row = new Float64Array(inputs)
  for (let n = 0; n < outputs; n++) {
    row.fill(0)
    for (let r = 0; r < rank; r++) {
      const factor = scale * b[n * rank + r]!
      if (factor === 0) continue
      for (let k = 0; k < inputs; k++) row[k]! += factor * a[r * inputs + k]!
    }
    for (let k = 0; k < inputs; k++) {
      const at = isTransposed ? k * outputs + n : n * inputs + k
      result[at] = result[at]! + row[k]!
    }
  }
  return result
}
