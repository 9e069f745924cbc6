import { unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { streamZip, type FilePiece } from '../../../src/adapters/modelArchive'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes'

test('a zip that is written piece by piece holds every file, and says which piece is its last', async () => {
  const pieces: FilePiece[] = []
  const zip = streamZip((piece) => void pieces.push(piece))
  await zip.write('config.json', encodeUtf8('{}'), true)
  await zip.write('model.safetensors', Uint8Array.of(1, 2, 3), false)
  await zip.write('model.safetensors', Uint8Array.of(4), true)
  await zip.write('README.md', encodeUtf8('#'), true)
  await zip.end()
  const files = unzipSync(concatBytes(pieces.map(({ bytes }) => bytes)))
  expect(Object.keys(files)).toEqual(['config.json', 'model.safetensors', 'README.md'])
  expect(files['model.safetensors']).toEqual(Uint8Array.of(1, 2, 3, 4))
  expect(pieces.map(({ isLast }) => isLast).indexOf(true)).toBe(pieces.length - 1)
})
