// The zip an adapter travels in. Only the files we know come out of one, and never more than the limit.
import { unzipSync, type Zippable, zipSync } from 'fflate'
import { formatBytes } from '../base/bytes'
import { AppError } from '../base/errors'
import { baseName } from '../formats/fileSource'

export interface NamedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export const CONFIG_FILE = 'adapter_config.json'
export const WEIGHTS_FILE = 'adapter_model.safetensors'
export const CARD_FILE = 'README.md'
/** The weights of an adapter of mlx-lm. */
export const MLX_WEIGHTS_FILE = 'adapters.safetensors'

const knownFiles = [CONFIG_FILE, WEIGHTS_FILE, MLX_WEIGHTS_FILE, CARD_FILE]

const MAX_ENTRIES = 1000
/** Rank 64 on every linear of a model of 1 billion parameters is 180 MB. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024
/** The time of every file: equal files give equal bytes. */
export const EARLIEST_ZIP_DATE = new Date(1980, 0, 1)

/** Equal files give equal bytes: the time is fixed. Weights are stored, they do not shrink. */
export function writeAdapterArchive(files: readonly NamedFile[]): Uint8Array<ArrayBuffer> {
  const entries: Zippable = {}
  for (const { name, bytes } of files) {
    entries[name] = [bytes, { level: name.endsWith('.safetensors') ? 0 : 6, mtime: EARLIEST_ZIP_DATE }]
  }
  return zipSync(entries) as Uint8Array<ArrayBuffer> // fflate allocates it, never from shared memory
}

/**
 * The adapter files in a zip, in any folder of it.
 *
 * @throws AppError `file/not-readable` for a damaged or oversized zip or one with two adapters, `file/pickle`
 * when its weights are a pickle.
 */
export function readAdapterArchive(zip: Uint8Array): NamedFile[] {
  let entries = 0
  let unpacked = 0
  let pickle: string | undefined
  const names = new Set<string>()
  const take = ({ name, size, originalSize }: { name: string; size: number; originalSize: number }): boolean => {
    if (++entries > MAX_ENTRIES) throw unreadable(`more than ${MAX_ENTRIES} entries`)
    const base = baseName(name)
    if (/\.(bin|pt|pth|ckpt|pkl)$/.test(base)) pickle = base
    if (!knownFiles.includes(base)) return false
    if (base !== CARD_FILE && names.has(base)) throw unreadable(`more than one ${base}`)
    names.add(base)
    unpacked += Math.max(size, originalSize)
    if (unpacked > MAX_UNPACKED_BYTES) throw unreadable(`more than ${formatBytes(MAX_UNPACKED_BYTES)} unpacked`)
    return true
  }
  let files: Record<string, Uint8Array>
  try {
    files = unzipSync(zip, { filter: take })
  } catch (cause) {
    throw cause instanceof AppError ? cause : unreadable('damaged', cause)
  }
  if (pickle !== undefined && !names.has(WEIGHTS_FILE) && !names.has(MLX_WEIGHTS_FILE)) {
    throw new AppError('file/pickle', {
      message: `the zip holds ${pickle}`,
      details: { name: pickle, format: 'pickle' },
    })
  }
  return Object.entries(files).map(([name, bytes]) => ({ name: baseName(name), bytes }))
}

function unreadable(what: string, cause?: unknown): AppError {
  return new AppError('file/not-readable', { message: `the zip: ${what}`, details: { format: 'zip' }, cause })
}
