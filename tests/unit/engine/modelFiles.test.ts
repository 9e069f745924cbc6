import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { openModelFiles } from '../../../src/engine/modelFiles/modelFiles'
import { bytesSource, type FileSource } from '../../../src/formats/fileSource'
import { float32Tensor, serializeSafetensors } from '../../../src/formats/safetensors'

const json = (name: string, value: unknown) => bytesSource(encodeUtf8(JSON.stringify(value)), name)
const weights = (name: string, ...tensors: [string, number][]) =>
  bytesSource(
    serializeSafetensors(tensors.map(([tensor, value]) => float32Tensor(tensor, [1], Float32Array.of(value)))),
    name,
  )

const texts = [json('config.json', { model_type: 'llama' }), json('tokenizer.json', { model: {} })]
const index = (weightMap: unknown) => json('model.safetensors.index.json', { metadata: {}, weight_map: weightMap })
const shards = [
  weights('model-00001-of-00002.safetensors', ['a', 1], ['b', 2]),
  weights('model-00002-of-00002.safetensors', ['c', 3]),
]
const weightMap = {
  a: 'model-00001-of-00002.safetensors',
  b: 'model-00001-of-00002.safetensors',
  c: 'model-00002-of-00002.safetensors',
}

describe('openModelFiles', () => {
  test('reads one file of weights and knows it by its hash', async () => {
    const { weights: found, config } = await openModelFiles([...texts, weights('model.safetensors', ['a', 7])])
    expect(config).toEqual({ model_type: 'llama' })
    expect(found.shapeOf('a')).toEqual([1])
    expect(found.shapeOf('b')).toBeUndefined()
    expect(await found.float32('a')).toEqual(Float32Array.of(7))
    expect(await found.sha256()).toMatch(/^[0-9a-f]{64}$/)
  })

  test('reads shards in whichever order they are given, with one hash', async () => {
    const one = await openModelFiles([...texts, index(weightMap), ...shards])
    const other = await openModelFiles([...shards.toReversed(), index(weightMap), ...texts])
    for (const [name, value] of Object.entries({ a: 1, b: 2, c: 3 })) {
      expect(await one.weights.float32(name)).toEqual(Float32Array.of(value))
    }
    expect(await one.weights.sha256()).toBe(await other.weights.sha256())
  })

  test('takes the files that lie highest in a folder', async () => {
    const nested = weights('smol/checkpoint-5/model.safetensors', ['a', 5])
    const top = weights('smol/model.safetensors', ['a', 1])
    const renamed = texts.map((source) => ({ ...source, name: `smol/${source.name}` }))
    const { weights: found } = await openModelFiles([nested, ...renamed, top])
    expect(await found.float32('a')).toEqual(Float32Array.of(1))
  })

  const broken: [string, readonly FileSource[], string][] = [
    ['no config', [...texts.slice(1), ...shards], 'model/files-missing'],
    ['no weights', texts, 'model/files-missing'],
    ['a missing shard', [...texts, index(weightMap), ...shards.slice(1)], 'model/files-missing'],
    [
      'a tensor its shard lacks',
      [...texts, index({ ...weightMap, d: weightMap.a }), ...shards],
      'model/weights-missing',
    ],
    ['an index with a path', [...texts, index({ a: '../x.safetensors' }), ...shards], 'model/config-invalid'],
    ['an index that is a list', [...texts, json('model.safetensors.index.json', [])], 'model/config-invalid'],
    [
      'a config that is no JSON',
      [bytesSource(encodeUtf8('{'), 'config.json'), ...texts.slice(1), ...shards, index(weightMap)],
      'model/config-invalid',
    ],
  ]
  test.each(broken)('%s is named', async (_, sources, code) => {
    await expect(openModelFiles(sources)).rejects.toMatchObject({ code })
  })
})
