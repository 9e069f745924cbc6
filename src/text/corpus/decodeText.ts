// Bytes of a dropped file as text: UTF-8, or UTF-16 by its mark or by its zeros.
import { startsWithBytes } from '../../base/bytes'
import { AppError } from '../../base/errors'
import { RECOGNITION_BYTES, recognizeFormat } from '../../base/fileFormat'

const SNIFFED_BYTES = 4096
const SNIFFED_LENGTH = 65_536
const DOS_END = '\u001a'
/** Text has tabs and line ends; more than one other control character in a hundred is something else. */
const MAX_CONTROL_SHARE = 0.01

/** @throws AppError `corpus/not-text`; `details.format` names what it is instead, when that is known. */
export function decodeText(bytes: Uint8Array, name: string): string {
  const format = recognizeFormat(bytes.subarray(0, RECOGNITION_BYTES))
  const notText = (message: string, cause?: unknown): AppError =>
    new AppError('corpus/not-text', {
      message: `${name}: ${message}`,
      details: { name, format: format ?? null },
      cause,
    })
  // Three lines that stand for a file which was never downloaded.
  if (format === 'git-lfs-pointer') throw notText('a Git LFS pointer')
  const encoding = encodingOf(bytes)
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
  return text
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (startsWithBytes(bytes, [0xff, 0xfe])) return 'utf-16le'
  if (startsWithBytes(bytes, [0xfe, 0xff])) return 'utf-16be'
  // Without a mark: spaces and line ends have a zero byte, always on the same side, and one byte in ten is
  // such a zero even in Korean. A stray NUL in UTF-8 is rarer.
  const zeros = [0, 0]
  const head = bytes.subarray(0, SNIFFED_BYTES)
  head.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  })
  const [even = 0, odd = 0] = zeros
  const enough = Math.max(head.length / 20, 1)
  if (bytes.byteLength % 2 === 0 && even === 0 && odd > enough) return 'utf-16le'
  if (bytes.byteLength % 2 === 0 && odd === 0 && even > enough) return 'utf-16be'
  return 'utf-8'
}
