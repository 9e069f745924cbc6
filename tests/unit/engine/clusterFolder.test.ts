// The folder for a cluster: what a line of data says, in which order lines come, and what goes without the text.
import { expect, test } from 'vitest'
import { decodeUtf8 } from '../../../src/base/bytes'
import { readPeftAdapter } from '../../../src/adapters/peft'
import { fitAdapter } from '../../../src/engine/adapterOnHost'
import type { ModelInfo } from '../../../src/engine/api'
import { clusterFiles, type ClusterRun } from '../../../src/engine/clusterFolder'
import { presets } from '../../../src/engine/presets'
import { declareAdapter, initialParameters } from '../../../src/models/lora'
import { batchOrder } from '../../../src/text/batches'
import { IGNORED_LABEL, type TokenSet } from '../../../src/text/types'
import { tinyConfig } from '../../helpers/tinyModel'

const settings = { ...presets.quick, steps: 5, batchSize: 1, accumulation: 2, sequenceLength: 4, rank: 3 }
const start = { settings, parameters: initialParameters(declareAdapter(tinyConfig, settings), settings.seed) }
const loaded = { config: tinyConfig, info: { id: 'owner/model', sha256: 'ab'.repeat(32) } as ModelInfo }
const X = IGNORED_LABEL
const train: TokenSet = {
  tokens: Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0),
  // Running text with a new document at the third token, and a row with a prompt and padding.
  labels: Uint32Array.of(2, 3, 4, 5, 6, 7, 8, 9, X, 11, 12, X),
  documentStarts: Uint32Array.of(0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0),
  sequenceLength: 4,
  sequences: 3,
  labelledTokens: 10,
}

const filesOf = (run: Partial<ClusterRun> = {}) => {
  const files = clusterFiles(loaded, { settings, start, train, ...run })
  const text = (name: string) => {
    const found = files.find((file) => file.name === name)
    if (!found) throw new Error(name)
    return decodeUtf8(found.bytes)
  }
  return { files, text }
}

test('lines are the sequences in the order of the run', () => {
  const lines = filesOf().text('data.jsonl').trimEnd().split('\n')
  const order = Array.from({ length: settings.steps }, (_, step) => [...batchOrder(3, 2, settings.seed, step)]).flat()
  expect(lines).toHaveLength(10)
  const first = [1, 5, 9]
  expect(lines.map((line) => (JSON.parse(line) as { input_ids: number[] }).input_ids[0])).toEqual(
    order.map((index) => first[index]),
  )
})

test('a line has one token more than a sequence, labels that are not shifted, and positions within documents', () => {
  const rows = filesOf()
    .text('data.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number[]>)
  expect(rows.find((row) => row['input_ids']?.[0] === 1)).toEqual({
    input_ids: [1, 2, 3, 4, 5],
    labels: [-100, 2, 3, 4, 5],
    position_ids: [0, 1, 0, 1, 2],
  })
  expect(rows.find((row) => row['input_ids']?.[0] === 9)).toEqual({
    input_ids: [9, 10, 11, 0, 0],
    labels: [-100, -100, 11, 12, -100],
    position_ids: [0, 1, 2, 3, 4],
  })
})

test('without the text there is no data, and the README says what to bring', () => {
  const { files, text } = filesOf({ train: null })
  expect(files.map(({ name }) => name)).not.toContain('data.jsonl')
  expect(text('README.md')).toContain('`--data` names a file')
})

test('it starts where a run here starts', async () => {
  const { files, text } = filesOf()
  expect(JSON.parse(text('settings.json'))).toMatchObject({ model: 'owner/model', rank: 3, steps: 5 })
  const adapter = files.filter(({ name }) => name.startsWith('adapter/'))
  expect(fitAdapter(tinyConfig, await readPeftAdapter(adapter)).parameters).toEqual(start.parameters)
})

test('more than a file can hold is refused', () => {
  expect(() => filesOf({ settings: { ...settings, steps: 10_000_000 } })).toThrow(
    expect.objectContaining({ code: 'share/too-large' }),
  )
})
