// Every file of an adapter gives the logits of the adapter itself, or is not offered.
import { describe, expect, test } from 'vitest'
import { writeAdapterArchive } from '../../../src/adapters/adapterArchive'
import { proveCopies, type ProofBench } from '../../../src/engine/adapterExport'
import { peftFolderOf, readLaidOut, type LaidOut } from '../../../src/engine/adapterOnHost'
import type { ModelInfo, NamedFile } from '../../../src/engine/api'
import { writeGgufAdapter } from '../../../src/engine/ggufAdapter'
import { writeMlxAdapter } from '../../../src/engine/mlxAdapter'
import { linearNamesOf, type ModelConfig } from '../../../src/models/config'
import { declareAdapter, sliceOf, type LoraSettings } from '../../../src/models/lora'
import { tinyBench, tinyWeights, withDeltas } from '../../helpers/tinyLogits'
import { tinyConfig, tinyFamilies, warmParameters } from '../../helpers/tinyModel'

const info = { id: 'tiny', sha256: 'ab'.repeat(32) } as ModelInfo

async function benchOf(config: ModelConfig): Promise<ProofBench> {
  const { model, executor } = await tinyBench(config, withDeltas(await tinyWeights(config), []))
  const tokens = Uint32Array.from({ length: 12 }, (_, index) => (7 * index + 3) % config.vocabulary)
  const sequence = { tokens, labels: Uint32Array.from([...tokens.slice(1), 0]), positions: tokens.map((_, i) => i) }
  return {
    model,
    probe: { sequenceLength: 12, sequences: [sequence] },
    withSession: (_, __, work) => work(executor),
  }
}

const awkward = (config: ModelConfig): LoraSettings => {
  const [first = '', second = ''] = linearNamesOf(config)
  const patterns = { rankPattern: { [first]: 1, [`layers.1.self_attn.${second}`]: 2 }, alphaPattern: { [first]: 5 } }
  return { rank: 4, alpha: 7, usesRsLora: true, targets: linearNamesOf(config), ...patterns }
}

function filesOf(config: ModelConfig, { adapter, parameters }: LaidOut): NamedFile[] {
  const { settings } = adapter
  const zip = writeAdapterArchive(peftFolderOf({ config, info }, { settings, parameters, dropout: 0, metadata: {} }))
  const mlx = writeMlxAdapter({ config, info }, adapter, parameters)
  return [
    { name: 'a.zip', bytes: zip },
    { name: 'a.gguf', bytes: writeGgufAdapter({ config, info }, adapter, parameters) },
    ...(mlx ? [{ name: 'mlx.zip', bytes: writeAdapterArchive(mlx) }] : []),
  ]
}

function warm(config: ModelConfig): LaidOut {
  const adapter = declareAdapter(config, awkward(config))
  return { adapter, parameters: warmParameters(adapter) }
}

test.each(Object.entries({ llama: tinyConfig, ...tinyFamilies }))(
  '%s: PEFT, GGUF and MLX come back to the same logits',
  async (name, config) => {
    const own = warm(config)
    const copies = []
    for (const file of filesOf(config, own)) copies.push({ name: file.name, read: await readLaidOut(config, [file]) })
    const { tokens, files } = await proveCopies(await benchOf(config), own, copies)
    expect(tokens).toBe(12)
    expect(files.map((file) => file.name)).toEqual(['a.zip', 'a.gguf', ...(name === 'gpt2' ? [] : ['mlx.zip'])])
    expect(files[0]?.largestDifference).toBe(0)
  },
)

describe('refused', () => {
  test('a file whose rows lie otherwise', async () => {
    const own = warm(tinyConfig)
    const parameters = own.parameters.slice()
    const { b } = own.adapter.pairs.find((pair) => pair.linear === 'q_proj') ?? { b: own.adapter.parameters }
    sliceOf(parameters, b).reverse()
    const copies = [{ name: 'wrong.gguf', read: { ...own, parameters } }]
    await expect(proveCopies(await benchOf(tinyConfig), own, copies)).rejects.toMatchObject({
      code: 'unexpected',
      message: expect.stringContaining('wrong.gguf'),
    })
  })

  test('an adapter whose logits are no numbers, though its values are', async () => {
    const own = warm(tinyConfig)
    own.parameters.fill(3e38)
    await expect(proveCopies(await benchOf(tinyConfig), own, [])).rejects.toMatchObject({ code: 'adapter/not-finite' })
  })
})
