// The engine's export of a merged model, on the processor: proven before the first byte, and read as the model it is.
import { beforeAll, expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes'
import type { MergedExport, MergeRequest } from '../../../src/engine/api'
import type { Engine } from '../../../src/engine/engine'
import { writeGgufAdapter } from '../../../src/engine/ggufAdapter'
import { openModelFiles } from '../../../src/engine/modelFiles/modelFiles'
import { bytesSource } from '../../../src/formats/fileSource'
import { linearNamesOf, readModelConfig } from '../../../src/models/config'
import { declareAdapter } from '../../../src/models/lora'
import { EMBEDDED_MODEL } from '../../../src/terminal/folders'
import { openLocation } from '../../../src/terminal/folderSource'
import { nodeEngine } from '../../../src/terminal/nodeEngine'
import { readTokenizerFiles } from '../../../src/text/tokenizerFiles'
import { warmParameters } from '../../helpers/tinyModel'

let engine: Engine

beforeAll(async () => {
  const config = readModelConfig((await openModelFiles(await openLocation(EMBEDDED_MODEL))).config)
  const targets = linearNamesOf(config)
  const adapter = declareAdapter(config, { rank: 2, alpha: 4, usesRsLora: false, targets })
  const info = { id: 'plume-stories', sha256: '' }
  engine = nodeEngine({ device: 'processor' })
  await engine.loadModel(EMBEDDED_MODEL)
  await engine.importAdapter([
    { name: 'adapter.gguf', bytes: writeGgufAdapter({ config, info }, adapter, warmParameters(adapter)) },
  ])
})

async function exported(request: MergeRequest): Promise<MergedExport & { files: Map<string, Uint8Array> }> {
  const pieces = new Map<string, Uint8Array[]>()
  const result = await engine.exportMerged(request, ({ name, bytes }) => {
    pieces.set(name, [...(pieces.get(name) ?? []), bytes.slice()])
  })
  return { ...result, files: new Map([...pieces].map(([name, parts]) => [name, concatBytes(parts)])) }
}

test('as GGUF it is proven, and opens as the model with its tokenizer', async () => {
  const { proof, weightBytes, files } = await exported({
    form: { kind: 'gguf', type: 'Q8_0' },
    container: 'files',
    chat: { kind: 'unknown' },
  })
  expect(proof.tokens).toBe(32)
  expect(proof.largestDifference).toBeGreaterThan(0)
  // A weight errs by 1/254 of the largest of 32; the largest logit by a few times that.
  expect(proof.largestDifference).toBeLessThan(8 / 254)
  const name = 'model-q8_0.gguf'
  expect([...files.keys()]).toEqual(['README.md', 'Modelfile', name])
  const file = files.get(name) ?? new Uint8Array()
  expect(file.byteLength).toBe(weightBytes)
  const read = await openModelFiles([bytesSource(file, name)])
  const { tokenizer } = readTokenizerFiles(read.tokenizer)
  const text = 'The lamp, 12 gulls & a fog bank.<|im_end|>'
  for (const allowSpecial of [false, true]) {
    expect(tokenizer.encode(text, { allowSpecial })).toEqual(engine.tokenizer().encode(text, { allowSpecial }))
  }
  expect(new TextDecoder().decode(files.get('Modelfile'))).toContain('written by hand')
})
