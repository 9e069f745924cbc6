// Merged models as GGUF in llama.cpp: of each family, in each type, its logits are those of the base with its adapter;
// and its tokenizer gives our ids, for every kind of tokenizer that is written.
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defined } from '../../src/base/assert'
import { concatBytes } from '../../src/base/bytes'
import { relativeNormError } from '../../src/base/relativeNormError'
import { writeGgufAdapter } from '../../src/engine/ggufAdapter'
import { mergedGguf, type GgufBase } from '../../src/engine/mergedGguf'
import type { Merge } from '../../src/engine/mergedModel'
import { ggufTypes, type GgufType } from '../../src/engine/mergedTypes'
import { openModelFiles } from '../../src/engine/modelFiles/modelFiles'
import { bytesSource } from '../../src/formats/fileSource'
import type { GgufValue } from '../../src/formats/gguf'
import { linearNamesOf, readModelConfig } from '../../src/models/config'
import { declareAdapter } from '../../src/models/lora'
import { readTokenizerFiles, type TokenizerFiles } from '../../src/text/tokenizerFiles'
import { goldensFolder } from '../helpers/goldenFiles'
import { llamaPython, NoPython, runPython } from '../helpers/python'
import { modelLogits } from '../helpers/modelLogits'
import { smollm2File } from '../helpers/smollm2'
import { loadRandomModel, tinyConfig, warmParameters } from '../helpers/tinyModel'

const bridge = join(import.meta.dirname, 'python/llama_cpp_model.py')
const embedded = join(import.meta.dirname, '../../public/models/plume-stories')
const TOKENS = 32

// What llama.cpp rounds on its way to a logit, each to a side of its own. Always: keys and values to F16, by 2^-11 of each,
// so four times with two layers. Where weights are F16, activations are too; where they are Q8_0, activations become blocks
// of int8, by 1/254 of the largest of 32 at most, which is up to three deviations: 3 / (127 * 12^0.5) on average. That is
// thirteen times in a row (embedding, two layers of norm, q/k/v, o, gate/up and down, last norm, head).
const ROUNDINGS = Math.sqrt(13)
const tolerances: Readonly<Record<GgufType, number>> = {
  F32: Math.sqrt(4) * 2 ** -11,
  F16: ROUNDINGS * 2 ** -11,
  Q8_0: (ROUNDINGS * 3) / (127 * Math.sqrt(12)),
}

let python: string
let missing: string | undefined
const folder = mkdtempSync(join(tmpdir(), 'plume-merged-gguf-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  try {
    python = await llamaPython()
  } catch (thrown) {
    if (!(thrown instanceof NoPython)) throw thrown
    missing = thrown.message
  }
}, 900_000)

const bytesAt = (path: string) => new Uint8Array(readFileSync(path))

interface Base extends GgufBase {
  readonly merge: Merge
}

/** Of a folder in Hugging Face's layout, with an adapter on every linear. */
async function baseOf(path: string, gguf?: GgufBase['gguf']): Promise<Base> {
  const names = gguf ? ['config.json', 'model.safetensors'] : ['config.json', 'model.safetensors', 'tokenizer.json']
  const sources = names.map((name) => bytesSource(bytesAt(join(path, name)), name))
  if (gguf) sources.push(bytesSource(new TextEncoder().encode('{}'), 'tokenizer.json')) // goldens have none
  const { config: json, tokenizer, weights } = await openModelFiles(sources)
  const config = readModelConfig(json)
  const adapter = declareAdapter(config, { rank: 4, alpha: 8, usesRsLora: true, targets: linearNamesOf(config) })
  const merge = { config, read: (name: string) => weights.float32(name), adapter, parameters: warmParameters(adapter) }
  return { info: { id: 'base', sha256: '' }, config: json, tokenizer, gguf, merge }
}

/** Names for the tokens of a golden model, which has no tokenizer. */
function plainNames(count: number): NonNullable<GgufBase['gguf']> {
  const about: Record<string, GgufValue> = {
    model: 'gpt2',
    pre: 'gpt-2',
    tokens: Array.from({ length: count }, (_, id) => (id === count - 1 ? '<|endoftext|>' : `t${id}`)),
    token_type: Array.from({ length: count }, (_, id) => (id === count - 1 ? 3 : 1)),
    merges: ['t 1'],
    eos_token_id: count - 1,
  }
  const metadata = new Map(Object.entries(about).map(([key, value]) => [`tokenizer.ggml.${key}`, value]))
  return { metadata, tensors: new Map() }
}

async function write(name: string, base: Base, type: GgufType): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const piece of mergedGguf(base.merge, base, type).pieces()) parts.push(piece.slice())
  const path = join(folder, `${name}-${type}.gguf`)
  writeFileSync(path, concatBytes(parts))
  return path
}

async function inLlamaCpp(jobs: readonly object[]): Promise<Record<string, number[][]>> {
  const path = join(folder, 'jobs.json')
  writeFileSync(path, JSON.stringify(jobs))
  return JSON.parse(await runPython(python, [bridge, path])) as Record<string, number[][]>
}

const golden = (name: string) => {
  const path = join(goldensFolder, name)
  const { vocab_size: vocabulary } = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as {
    vocab_size: number
  }
  return baseOf(path, plainNames(vocabulary))
}

// The widths of those named int8 are whole blocks; in the others rows stay halves where Q8_0 is asked for.
const models: Record<string, () => Promise<Base>> = {
  'plume-stories': () => baseOf(embedded),
  ...Object.fromEntries(
    [
      'llama-tied',
      'llama-linear',
      'llama-rope3',
      'llama-int8',
      'qwen2',
      'qwen2-int8',
      'qwen3',
      'qwen3-int8',
      'gpt2',
      'gpt2-int8',
    ].map((name) => [name, () => golden(name)]),
  ),
}

describe.each(Object.entries(models))('%s', (name, open) => {
  test('llama.cpp gives the logits of the base with its adapter', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const base = await open()
    const { config, read } = base.merge
    const ids = Array.from({ length: TOKENS }, (_, index) => 3 + ((index * 17) % 40))
    const jobs = await Promise.all(
      ggufTypes.map(async (type) => ({ name: type, path: await write(name, base, type), ids })),
    )
    const theirs = await inLlamaCpp(jobs)
    const live = await modelLogits(config, ids, { read, adapted: base.merge })
    const alone = await modelLogits(config, ids, { read })
    for (const { name: type, path } of jobs) {
      const got = Float32Array.from(defined(theirs[type], type).flat())
      // Beside the numbers that the file stands for: what is left is llama.cpp's own rounding.
      const { config: json, weights } = await openModelFiles([bytesSource(bytesAt(path), 'model.gguf')])
      const written = await modelLogits(readModelConfig(json), ids, { read: (tensor) => weights.float32(tensor) })
      const [error, fromLive, fromBase] = [written, live, alone].map((ours) => relativeNormError(ours, got))
      console.info(
        `${name} ${type}: ${error?.toExponential(1)} from the file’s numbers, ${fromLive?.toExponential(1)} from the live model, ${fromBase?.toFixed(2)} from the base`,
      )
      expect(error, type).toBeLessThan(tolerances[type])
      expect(fromBase, type).toBeGreaterThan(0.1) // the adapter does something
    }
  }, 600_000)
})

// A real model with its own tokenizer, as llama.cpp's tools wrote it: 135 million parameters in Q4_1.
test('SmolLM2 from a GGUF file, merged, is what llama.cpp makes of that file with the adapter beside it', async (context) => {
  const path = await smollm2File().catch((thrown: unknown) => {
    if (thrown instanceof NoPython) return context.skip(thrown.message)
    throw thrown
  })
  if (missing !== undefined) context.skip(missing)
  const files = await openModelFiles([bytesSource(bytesAt(path), 'model.gguf')])
  const config = readModelConfig(files.config)
  const targets = linearNamesOf(config)
  const adapter = declareAdapter(config, { rank: 4, alpha: 8, usesRsLora: false, targets })
  const parameters = warmParameters(adapter)
  const info = { id: 'SmolLM2', sha256: '' }
  const read = (name: string) => files.weights.float32(name)
  const base = { ...files, info, merge: { config, read, adapter, parameters } }
  const ids = readTokenizerFiles(files.tokenizer).tokenizer.encode('The keeper lit the lamp, and 12 gulls left.')
  const merged = await inLlamaCpp([{ name: 'merged', path: await write('smollm2', base, 'F16'), ids }])
  const besides = join(folder, 'adapter.gguf')
  writeFileSync(besides, writeGgufAdapter({ config, info }, adapter, parameters))
  const adapterBridge = join(import.meta.dirname, 'python/llama_cpp_adapter.py')
  const theirs = JSON.parse(await runPython(python, [adapterBridge, path, besides, ids.join()])) as Record<
    'base' | 'adapted',
    number[][]
  >
  const flat = (rows: number[][] | undefined) => Float32Array.from(defined(rows, 'logits').flat())
  const error = relativeNormError(flat(theirs.adapted), flat(merged['merged']))
  const fromBase = relativeNormError(flat(theirs.base), flat(merged['merged']))
  console.info(`SmolLM2: ${error.toExponential(1)} from base and adapter, ${fromBase.toFixed(2)} from the base`)
  // Beside a base in Q4_1 llama.cpp rounds activations to int8, thirty layers long: 193 roundings instead of 13.
  expect(error).toBeLessThan(Math.sqrt(193 / 13) * tolerances.Q8_0)
  expect(fromBase).toBeGreaterThan(2 * error)
}, 600_000)

const unzipped = (name: string): unknown =>
  JSON.parse(gunzipSync(readFileSync(join(goldensFolder, `tokenizers/${name}.json.gz`))).toString())
const strings = unzipped('strings') as readonly string[]

const tokenizers: Record<string, () => unknown> = {
  ...Object.fromEntries(
    ['gpt2', 'gpt2-split', 'smollm2', 'llama3', 'qwen2'].map((name) => [
      name,
      () => (unzipped(name) as { readonly tokenizer: unknown }).tokenizer,
    ]),
  ),
  'llama3, by its merges alone': () => {
    const { tokenizer } = unzipped('llama3') as { readonly tokenizer: { readonly model: object } }
    return { ...tokenizer, model: { ...tokenizer.model, ignore_merges: false } }
  },
  'plume-stories': () => JSON.parse(readFileSync(join(embedded, 'tokenizer.json'), 'utf8')) as unknown,
  SentencePiece: () => JSON.parse(readFileSync(join(goldensFolder, 'gguf/tokenizer-llama.json'), 'utf8')) as unknown,
}

test.each(Object.entries(tokenizers))(
  '%s: llama.cpp gives our ids',
  async (name, json) => {
    const files: TokenizerFiles = { 'tokenizer.json': json() }
    const { tokenizer } = readTokenizerFiles(files)
    const config = { ...tinyConfig, vocabulary: tokenizer.vocabularySize + 3 }
    const weights = new Map<string, Float32Array>()
    await loadRandomModel(() => {}, config, 'float32', { onRead: (tensor, values) => weights.set(tensor, values) })
    const adapter = declareAdapter(config, { rank: 1, alpha: 1, usesRsLora: false, targets: ['q_proj'] })
    const read = (tensor: string) => Promise.resolve(weights.get(tensor) ?? new Float32Array())
    const merge: Merge = { config, read, adapter, parameters: warmParameters(adapter) }
    const base = { info: { id: name, sha256: '' }, config: {}, tokenizer: files, merge }
    // UTF-8 has no half characters; and llama.cpp composes none (NFC), so texts come composed.
    const texts = strings.filter((text) => !/\p{Surrogate}/u.test(text)).map((text) => text.normalize('NFC'))
    const theirs = defined((await inLlamaCpp([{ name, path: await write(name, base, 'F16'), texts }]))[name], name)
    const differing = [false, true].flatMap((allowSpecial, half) =>
      texts.flatMap((text, index) => {
        const ours = tokenizer.encode(text, { allowSpecial })
        const got = theirs[half * texts.length + index] ?? []
        return ours.join() === got.join() ? [] : [{ text, allowSpecial, ours, got }]
      }),
    )
    console.info(`${name}: ${differing.length} of ${2 * texts.length} texts differ`)
    expect(differing).toEqual([])
  },
  300_000,
)
