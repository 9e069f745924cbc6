// ONNX files of ours in Python: onnx checks them, onnxruntime runs them, and their logits are those of our own plans.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { bytesSource } from '../../src/formats/fileSource'
import { readSafetensorsHeader, readTensor, toFloat32 } from '../../src/formats/safetensors'
import { readModelConfig, type ModelConfig } from '../../src/models/config'
import type { Precision } from '../../src/models/model'
import { loadWeights, type ReadWeight } from '../../src/models/weights'
import { onnxDecoder } from '../../src/onnx/decoder'
import { onnxFile } from '../../src/onnx/onnxFile'
import { ReferenceExecutor } from '../../src/reference/executor'
import { goldenNames, loadGolden } from '../helpers/golden'
import { readGoldenFile } from '../helpers/goldenFiles'
import { recordLogits } from '../helpers/logits'
import { NoPython, onnxPython } from '../helpers/python'

const isLong = process.env['PLUME_LONG'] === '1'
const embedded = join(import.meta.dirname, '../../public/models/plume-stories')

interface Subject {
  readonly name: string
  readonly config: ModelConfig
  readonly read: ReadWeight
}

interface Result {
  readonly name: string
  readonly logits: number[]
  readonly throughCache: number
}

test.runIf(isLong)('onnx and onnxruntime open them, and say the same', { timeout: 900_000 }, async (context) => {
  let python: string
  try {
    python = await onnxPython()
  } catch (thrown) {
    if (thrown instanceof NoPython) return context.skip(thrown.message)
    throw thrown
  }
  const scratch = mkdtempSync(join(tmpdir(), 'plume-onnx-'))
  const jobs: object[] = []
  const ours = new Map<string, Float32Array>()
  for (const { name, config, read } of await subjects()) {
    for (const precision of ['float32', 'int8'] as const) {
      const job = `${name}, ${precision}`
      const tokens = Array.from({ length: 24 }, (_, index) => (5 + 29 * index) % config.vocabulary)
      const path = join(scratch, `${jobs.length}.onnx`)
      writeFileSync(path, await fileOf(config, precision, read))
      jobs.push({ name: job, path, tokens, split: 9 })
      ours.set(job, await logitsOf(config, precision, read, tokens))
    }
  }
  writeFileSync(join(scratch, 'jobs.json'), JSON.stringify(jobs))
  const bridge = join(import.meta.dirname, 'python/onnx_bridge.py')
  const { stdout } = await promisify(execFile)(python, [bridge, join(scratch, 'jobs.json')], { maxBuffer: 2 ** 28 })
  const results: Result[] = JSON.parse(stdout)
  const table = results.map(({ name, logits, throughCache }) => {
    const expected = ours.get(name) ?? new Float32Array()
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - logits[i]!)), 0) / largest
    return { name, difference, throughCache }
  })
  console.table(table)
  expect(table).toHaveLength(jobs.length)
  // Sums of float32 in another order; the issue of this project asks for 1e-4.
  for (const { name, difference, throughCache } of table) {
    expect(difference, name).toBeLessThan(1e-5)
    expect(throughCache, name).toBeLessThan(1e-5)
  }
})

async function subjects(): Promise<Subject[]> {
  const goldens = goldenNames.map(async (name): Promise<Subject> => {
    const { config, weights } = await loadGolden(name, readGoldenFile)
    return { name, config: readModelConfig(config), read: (key) => Promise.resolve(weights.get(key)!) }
  })
  const source = bytesSource(new Uint8Array(readFileSync(join(embedded, 'model.safetensors'))), 'model.safetensors')
  const header = await readSafetensorsHeader(source)
  return [
    ...(await Promise.all(goldens)),
    {
      name: 'the embedded model',
      config: readModelConfig(JSON.parse(readFileSync(join(embedded, 'config.json'), 'utf8'))),
      read: async (key) => toFloat32(await readTensor(source, header, key)),
    },
  ]
}

async function fileOf(config: ModelConfig, precision: Precision, read: ReadWeight): Promise<Uint8Array> {
  const decoder = onnxDecoder(config, precision)
  const file = onnxFile(decoder, {})
  await loadWeights(decoder.model, read, file.write)
  return file.bytes
}

async function logitsOf(config: ModelConfig, precision: Precision, read: ReadWeight, tokens: readonly number[]) {
  const executor = new ReferenceExecutor()
  const { model, run } = recordLogits(config, precision, tokens)
  await loadWeights(model, read, (tensor, data) => executor.write(tensor, data))
  return run(executor)
}
