// Weights by the names of Hugging Face's checkpoints, whatever files they lie in.
import { sha256Hex } from '../../base/bytes'
import { AppError } from '../../base/errors'
import { streamingSha256 } from '../../base/hashing'
import type { FileSource } from '../../formats/fileSource'
import type { QuantizedWeight } from '../../models/quantize'

export interface WeightFiles {
  /** undefined where there is no such tensor. */
  readonly shapeOf: (name: string) => readonly number[] | undefined
  readonly float32: (name: string) => Promise<Float32Array>
  /** The int8 blocks of a matrix where the file holds such; null where it holds another format. */
  readonly blocks: (name: string) => Promise<StoredBlocks | null>
  /** What the weights are recognised by: the SHA-256 of their file. */
  readonly sha256: () => Promise<string>
  readonly sizeBytes: number
  /** Some of the weights were rounded to a few bits before they came here. */
  readonly isQuantized: boolean
}

export interface StoredBlocks extends QuantizedWeight {
  /** [outputs, inputs], also where the checkpoint has the matrix the other way round. */
  readonly shape: readonly number[]
}

/** @throws AppError `model/weights-missing` */
export function missingTensor(name: string): AppError {
  return new AppError('model/weights-missing', { message: `no tensor ${name}`, details: { name } })
}

/** Of one file, its SHA-256; of several, that of their SHA-256s in the order given. They are read by pieces. */
export async function sha256OfFiles(sources: readonly FileSource[]): Promise<string> {
  const hashes: string[] = []
  for (const source of sources) hashes.push(await sha256OfFile(source))
  const [only] = hashes
  return hashes.length === 1 && only !== undefined ? only : sha256Hex(new TextEncoder().encode(hashes.join('')))
}

const PIECE_BYTES = 8 * 1024 * 1024

async function sha256OfFile(source: FileSource): Promise<string> {
  const hash = streamingSha256()
  for (let offset = 0; offset < source.sizeBytes; offset += PIECE_BYTES) {
    hash.update(await source.read(offset, Math.min(PIECE_BYTES, source.sizeBytes - offset)))
  }
  return hash.hex()
}
