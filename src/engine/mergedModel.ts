// A model with its adapter merged in, in Hugging Face's layout. Merging happens in float32, tensor by tensor, into what
// the model's files hold: the peak is one tensor, however large the model.
import { bytesOf } from '../base/bytes'
import { AppError } from '../base/errors'
import { bfloat16sToFloats, floatsToBfloat16s, floatsToHalves, halvesToFloats, LARGEST_HALF } from '../base/float16'
import { shardFile, WEIGHTS_FILE } from '../formats/modelFileNames'
import { safetensorsHead, tensorBytes, type SafetensorsDType, type TensorEntry } from '../formats/safetensors'
import { familyOf, linearPath, type ModelConfig } from '../models/config'
import { sliceOf, type LoraAdapter, type LoraPair } from '../models/lora'
import { storedWeights } from '../models/weights'
import type { MergedDType } from './mergedTypes'

const storedDTypes: Readonly<Record<MergedDType, SafetensorsDType>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
}

/** A base and what is added to it. */
export interface Merge {
  readonly config: ModelConfig
  /** A tensor of the base by its name, whatever its file has it in. */
  readonly read: (name: string, shape: readonly number[]) => Promise<Float32Array>
  readonly adapter: LoraAdapter
  readonly parameters: Float32Array
}

export interface MergeSource extends Merge {
  readonly dtype: MergedDType
}

export interface WeightsFile {
  readonly name: string
  readonly entries: readonly TensorEntry[]
}

/**
 * The files of the weights in the layout of the hub: one, or shards of at most `shardBytes` of tensors, but for a tensor
 * that has more, with the index that says which tensor lies in which (huggingface_hub, split_state_dict_into_shards).
 */
export function weightsFiles(
  { config, dtype }: Pick<MergeSource, 'config' | 'dtype'>,
  shardBytes: number,
): { readonly files: readonly WeightsFile[]; readonly index: object | null } {
  const entries = storedWeights(config).map((entry) => ({ ...entry, dtype: storedDTypes[dtype] }))
  const shards: { entries: TensorEntry[]; sizeBytes: number }[] = []
  for (const entry of entries) {
    const sizeBytes = tensorBytes(entry)
    const last = shards.at(-1)
    if (!last || last.sizeBytes + sizeBytes > shardBytes) shards.push({ entries: [entry], sizeBytes })
    else {
      last.entries.push(entry)
      last.sizeBytes += sizeBytes
    }
  }
  if (shards.length === 1) return { files: [{ name: WEIGHTS_FILE, entries }], index: null }
  const files = shards.map((shard, index) => ({ name: shardFile(index + 1, shards.length), entries: shard.entries }))
  const index = {
    metadata: { total_size: shards.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) },
    weight_map: Object.fromEntries(files.flatMap((file) => file.entries.map(({ name }) => [name, file.name]))),
  }
  return { files, index }
}

/** A safetensors file, piece by piece: its head, then a tensor at a time. @throws AppError `weights/not-finite` */
export async function* mergedSafetensors(
  source: MergeSource,
  { entries }: Pick<WeightsFile, 'entries'>,
): AsyncGenerator<Uint8Array> {
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
  source: MergeSource,
  name: string,
  shape: readonly number[],
): Promise<{ readonly bytes: Uint8Array; readonly floats: Float32Array }> {
  const { dtype } = source
  const floats = await mergedFloats(source, name, shape)
  checkRange(name, floats, dtype)
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

/** One tensor with the adapter's part added, not yet rounded. */
export async function mergedFloats(
  { config, read, adapter, parameters }: Merge,
  name: string,
  shape: readonly number[],
): Promise<Float32Array> {
  const base = await read(name, shape)
  const pair = adapter.pairs.find(({ layer, linear }) => `${linearPath(config, layer, linear)}.weight` === name)
  return pair ? merged(base, { pair, parameters, isTransposed: familyOf(config).isTransposed }) : base
}

/** @throws AppError `weights/not-finite` for what is no number, or too large for half precision. */
export function checkRange(name: string, floats: Float32Array, dtype: MergedDType): void {
  const largest = floats.reduce((most, value) => (Math.abs(value) <= most ? most : Math.abs(value)), 0)
  // Written so that NaN, which no comparison holds for, is caught too.
  if (largest <= (dtype === 'float16' ? LARGEST_HALF : 3.4e38)) return
  throw new AppError('weights/not-finite', {
    message: `${name} has ${largest}, which ${dtype} does not`,
    details: { name },
  })
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
