// Bytes of a dropped file as text.
import { AppError } from '../../base/errors'
import { RECOGNITION_BYTES, recognizeFormat } from '../../base/fileFormat'
import type { TextEncoding } from '../types'
import { recognizeEncoding } from './textEncoding'

const SNIFFED_LENGTH = 65_536
const DOS_END = '\u001a'
/** Text has tabs and line ends; more than one other control character in a hundred is something else. */
const MAX_CONTROL_SHARE = 0.01

export interface DecodedText {
  readonly text: string
  readonly encoding: TextEncoding
}

/** @throws AppError `corpus/not-text` as `decodeFile`. */
export function decodeText(bytes: Uint8Array, name: string): string {
  return decodeFile(bytes, name).text
}

/** @throws AppError `corpus/not-text`; `details.format` names what it is instead, when that is known. */
export function decodeFile(bytes: Uint8Array, name: string): DecodedText {
  const format = recognizeFormat(bytes.subarray(0, RECOGNITION_BYTES))
  const notText = (message: string, cause?: unknown): AppError =>
    new AppError('corpus/not-text', {
      message: `${name}: ${message}`,
      details: { name, format: format ?? null },
      cause,
    })
  // Three lines that stand for a file which was never downloaded.
  if (format === 'git-lfs-pointer') throw notText('a Git LFS pointer')
  if (format === 'parquet') throw notText('a Parquet file, which has rows and no text')
  const encoding = recognizeEncoding(bytes)
  if (encoding === undefined) throw notText('neither UTF-8, UTF-16 nor EUC-KR')
  let text: string
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    throw notText(`no ${encoding}`, cause)
  }
  // DOS ended its text files with ^Z.
  while (text.endsWith(DOS_END)) text = text.slice(0, -1)
  if (text.includes('\0')) throw notText('NUL characters')
  const start = text.slice(0, SNIFFED_LENGTH)
  const controls = start.match(/(?![\t\n\v\f\r])\p{Cc}/gu)?.length ?? 0
  if (controls > start.length * MAX_CONTROL_SHARE) throw notText(`${controls} control characters`)
  return { text, encoding }
}
