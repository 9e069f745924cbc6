// What a file really is, by its first bytes, whatever its name says. Used when a reader cannot make
// sense of a file, to say something better than "the header is wrong".
import { startsWithBytes } from './bytes'
import { AppError } from './errors'

export type ForeignFormat =
  | 'pickle'
  | 'zip'
  | 'gzip'
  | 'hdf5'
  | 'numpy'
  | 'gguf'
  | 'parquet'
  | 'pdf'
  | 'git-lfs-pointer'
  | 'html'

/** How much of a file `recognizeFormat` wants to see. */
export const RECOGNITION_BYTES = 512

/** head: the first bytes of a file, RECOGNITION_BYTES when there are so many. */
export function recognizeFormat(head: Uint8Array): ForeignFormat | undefined {
  // Pickle protocols 2 to 5; torch.save before 1.6 writes this too.
  if (head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5) return 'pickle'
  // torch.save since 1.6: a zip whose first entry is <name>/data.pkl.
  if (startsWithBytes(head, [0x50, 0x4b, 0x03, 0x04])) return asciiOf(head).includes('data.pkl') ? 'pickle' : 'zip'
  if (startsWithBytes(head, [0x50, 0x4b, 0x05, 0x06])) return 'zip'
  if (startsWithBytes(head, [0x1f, 0x8b])) return 'gzip'
  if (startsWithBytes(head, [0x89, 0x48, 0x44, 0x46])) return 'hdf5'
  const start = asciiOf(head)
  if (start.startsWith('\x93NUMPY')) return 'numpy'
  if (start.startsWith('GGUF')) return 'gguf'
  if (start.startsWith('PAR1')) return 'parquet'
  if (start.startsWith('%PDF-')) return 'pdf'
  if (start.startsWith('version https://git-lfs')) return 'git-lfs-pointer'
  if (/^\s*<(!doctype|html|head|body)/i.test(start)) return 'html'
  return undefined
}

/** The error for a file of another format: pickles have their own, they can run code when loaded. */
export function foreignFormatError(name: string, format: ForeignFormat): AppError {
  return new AppError(format === 'pickle' ? 'file/pickle' : 'file/not-readable', {
    message: `${name} holds ${format} by its first bytes`,
    details: { name, format },
  })
}

function asciiOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, RECOGNITION_BYTES))
}
