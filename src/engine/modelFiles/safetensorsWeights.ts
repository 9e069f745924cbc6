// Weights in one model.safetensors, or in shards with an index that says which tensor lies in which.
import * as v from 'valibot'
import { decodeUtf8 } from '../../base/bytes'
import { AppError } from '../../base/errors'
import { baseName, type FileSource } from '../../formats/fileSource'
import { readSafetensorsHeader, readTensor, toFloat32, type SafetensorsHeader } from '../../formats/safetensors'
import { missingTensor, sha256OfFiles, type WeightFiles } from './weightFiles'

interface Shard {
  readonly source: FileSource
  readonly header: SafetensorsHeader
}

/** @throws AppError `safetensors/*`, `file/*` */
export async function openSafetensors(source: FileSource): Promise<WeightFiles> {
  const shard = { source, header: await readSafetensorsHeader(source) }
  return weightsOf([source], new Map([...shard.header.tensors.keys()].map((name) => [name, shard])))
}

/**
 * @param find - the file of that name beside the index.
 * @throws AppError `model/config-invalid` for a bad index, `model/weights-missing` for a tensor that its shard lacks.
 */
export async function openShards(index: FileSource, find: (name: string) => FileSource): Promise<WeightFiles> {
  const weightMap = await readIndex(index)
  const shards = new Map<string, Shard>()
  for (const fileName of new Set(weightMap.values())) {
    const source = find(fileName)
    shards.set(fileName, { source, header: await readSafetensorsHeader(source) })
  }
  const shardOf = new Map<string, Shard>()
  for (const [name, fileName] of weightMap) {
    const shard = shards.get(fileName)
    if (!shard?.header.tensors.has(name)) throw missingTensor(name)
    shardOf.set(name, shard)
  }
  const inOrder = [...shards.values()].map(({ source }) => source).sort((a, b) => (a.name < b.name ? -1 : 1))
  return weightsOf(inOrder, shardOf)
}

function weightsOf(sources: readonly FileSource[], shardOf: ReadonlyMap<string, Shard>): WeightFiles {
  return {
    shapeOf: (name) => shardOf.get(name)?.header.tensors.get(name)?.shape,
    async float32(name) {
      const shard = shardOf.get(name)
      if (!shard) throw missingTensor(name)
      return toFloat32(await readTensor(shard.source, shard.header, name))
    },
    blocks: () => Promise.resolve(null),
    sha256: () => sha256OfFiles(sources),
    isQuantized: false,
    sizeBytes: sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
}

const MAX_INDEX_BYTES = 8 * 1024 * 1024

/** Shards lie beside the index: a name with a path in it is refused. */
const fileName = v.pipe(v.string(), v.regex(/^[\w.-]{1,255}\.safetensors$/))
const indexSchema = v.object({ weight_map: v.record(v.string(), fileName) })

async function readIndex(index: FileSource): Promise<ReadonlyMap<string, string>> {
  const invalid = (message: string, cause?: unknown) =>
    new AppError('model/config-invalid', {
      message: `${index.name}: ${message}`,
      details: { field: baseName(index.name) },
      cause,
    })
  if (index.sizeBytes > MAX_INDEX_BYTES) throw invalid(`${index.sizeBytes} bytes, over ${MAX_INDEX_BYTES}`)
  let json: unknown
  try {
    json = JSON.parse(decodeUtf8(await index.read(0, index.sizeBytes)))
  } catch (cause) {
    throw invalid('not JSON', cause)
  }
  const parsed = v.safeParse(indexSchema, json)
  if (!parsed.success) throw invalid(parsed.issues[0].message.slice(0, 200))
  return new Map(Object.entries(parsed.output.weight_map))
}
