// A merged model as one GGUF file. The file exists as its head and as a way to make any of its tensors: it is read
// back by our reader, and written, tensor by tensor, and never lies in memory as a whole.
import { assert } from '../base/assert'
import { bytesOf } from '../base/bytes'
import { floatsToHalves } from '../base/float16'
import type { FileSource } from '../formats/fileSource'
import { blockValuesOf, joinQ8_0 } from '../formats/ggml'
import type { GgufEntry, GgufHeader } from '../formats/gguf'
import { ggufHead, ggufPadding, type GgufPair, type GgufTensorInfo } from '../formats/ggufWriter'
import type { ModelConfig } from '../models/config'
import { quantizeBlocks } from '../models/quantize'
import { storedWeights } from '../models/weights'
import type { TokenizerFiles } from '../text/tokenizerFiles'
import type { ModelInfo } from './api'
import { checkRange, mergedFloats, type Merge } from './mergedModel'
import type { GgufType } from './mergedTypes'
import { ROPE_FACTORS } from './modelFiles/ggufConfig'
import { ggufConfigPairs, ggufRopeFactors } from './modelFiles/ggufConfigPairs'
import { ggufTokenizerPairs, keptTokenizerPairs } from './modelFiles/ggufTokenizerPairs'
import { ggufTensor } from './modelFiles/ggufWeights'

/** What goes into the file besides the weights. */
export interface GgufBase {
  readonly info: Pick<ModelInfo, 'id' | 'sha256'>
  /** What config.json holds. */
  readonly config: unknown
  readonly tokenizer: TokenizerFiles
  /** Of the file that the base came from, whose own words about the tokenizer are kept. */
  readonly gguf?: GgufHeader | undefined
}

export interface MergedGguf {
  /** To be read by ranges of the head and by whole tensors, as our reader does. */
  readonly source: FileSource
  /** The same bytes in their order. */
  readonly pieces: () => AsyncGenerator<Uint8Array>
}

/** By llama.cpp's numbers (`llama_ftype`). */
const fileTypes: Readonly<Record<GgufType, number>> = { F32: 0, F16: 1, Q8_0: 7 }

/** @throws AppError `share/not-in-gguf`; reading throws `weights/not-finite` */
export function mergedGguf(merge: Merge, base: GgufBase, type: GgufType): MergedGguf {
  const { config } = merge
  const tensors = ggufTensors(merge, type)
  const head = ggufHead(pairsOf(config, base, type), tensors)
  const made = head.tensors.map((entry, index) => ({ entry, make: tensors[index]?.make }))
  const bytesOfTensor = async ({ entry, make }: (typeof made)[number]) => {
    const bytes = await make?.()
    assert(bytes?.byteLength === entry.sizeBytes, `${entry.name} has ${entry.sizeBytes} bytes`)
    return bytes
  }
  return {
    source: {
      name: 'model.gguf',
      sizeBytes: head.fileBytes,
      async read(offset, length) {
        if (offset + length <= head.bytes.byteLength) return head.bytes.slice(offset, offset + length)
        if (offset < head.bytes.byteLength) return startOfFile(head.bytes, offset, length)
        const found = made.find(({ entry }) => entry.offset === offset && entry.sizeBytes === length)
        assert(found !== undefined, `a whole tensor begins at byte ${offset} and has ${length} bytes`)
        return new Uint8Array(await bytesOfTensor(found))
      },
    },
    async *pieces() {
      yield head.bytes
      for (const one of made) {
        yield await bytesOfTensor(one)
        const padding = ggufPadding(one.entry.sizeBytes)
        if (padding > 0) yield new Uint8Array(padding)
      }
    },
  }
}

/** The first read of a header takes more than a small one has: what follows it there is not looked at. */
function startOfFile(head: Uint8Array, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  bytes.set(head.subarray(offset))
  return bytes
}

interface MadeTensor extends GgufTensorInfo {
  readonly make: () => Promise<Uint8Array>
}

function ggufTensors(merge: Merge, type: GgufType): MadeTensor[] {
  const factors = ggufRopeFactors(merge.config)
  const weights = storedWeights(merge.config).map(({ name, shape }): MadeTensor => {
    const tensor = ggufTensor(merge.config, name, shape)
    const stored = typeOf(tensor, type)
    return {
      name: tensor.name,
      shape: tensor.shape,
      type: stored,
      make: async () => packed(name, tensor, stored, tensor.order(await mergedFloats(merge, name, shape))),
    }
  })
  if (!factors) return weights
  const rope = { name: ROPE_FACTORS, shape: [factors.length], type: 'F32' } as const
  return [{ ...rope, make: () => Promise.resolve(bytesOf(factors)) }, ...weights]
}

/** As llama.cpp's converter: what is no matrix, and learned positions, stay float32; rows that are no blocks, halves. */
function typeOf({ name, shape }: Pick<GgufEntry, 'name' | 'shape'>, type: GgufType): GgufType {
  if (shape.length < 2 || name === 'position_embd.weight') return 'F32'
  return (shape.at(-1) ?? 1) % blockValuesOf(type) === 0 ? type : 'F16'
}

function packed(name: string, { shape }: Pick<GgufEntry, 'shape'>, type: GgufType, values: Float32Array): Uint8Array {
  checkRange(name, values, type === 'F16' ? 'float16' : 'float32')
  switch (type) {
    case 'F32':
      return bytesOf(values)
    case 'F16':
      return bytesOf(floatsToHalves(values))
    case 'Q8_0': {
      const [rows = 1, columns = 1] = shape
      return joinQ8_0(quantizeBlocks(values, rows, columns))
    }
  }
}

function pairsOf(config: ModelConfig, base: GgufBase, type: GgufType): GgufPair[] {
  const { id, sha256 } = base.info
  const text = (key: string, value: string): GgufPair => ({ key, kind: 'string', value })
  const size = (key: string, value: number): GgufPair => ({ key, kind: 'uint32', value })
  return [
    text('general.architecture', config.family),
    text('general.type', 'model'),
    text('general.name', `${id}, adapted with Plume`),
    size('general.file_type', fileTypes[type]),
    size('general.quantization_version', 2),
    ...ggufConfigPairs(config, contextLengthOf(config, base.config)),
    ...(base.gguf ? keptTokenizerPairs(base.gguf.metadata) : ggufTokenizerPairs(base.tokenizer, config.vocabulary)),
    text('plume.base_model', id),
    text('plume.base_sha256', sha256),
  ]
}

/** What the base's own config says: Plume computes fewer positions of some models. */
function contextLengthOf({ maxTokens, rope }: ModelConfig, json: unknown): number {
  const said: unknown = new Map(Object.entries(json ?? {})).get('max_position_embeddings')
  return rope && typeof said === 'number' && Number.isInteger(said) ? said : maxTokens
}
