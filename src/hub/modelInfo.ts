// What the hub tells of a model: its commit, its licence, and of each file the size and the hash.
import * as v from 'valibot'
import { AppError } from '../base/errors'
import {
  CHAT_TEMPLATE_FILE,
  INDEX_FILE,
  NEEDED_FILES,
  TOKENIZER_JSON_FILES,
  WEIGHTS_FILE,
} from '../formats/modelFileNames'
import { get, persist, type Connection } from './connection'

/** A file as the hub describes it. */
export interface RemoteFile {
  readonly path: string
  readonly sizeBytes: number
  /** Large files are known by their SHA-256, the others by the name that git gives them. */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string }
}

export interface RemoteModel {
  readonly id: string
  readonly commit: string
  readonly licence: string | null
  readonly files: readonly RemoteFile[]
}

const part = String.raw`[A-Za-z0-9][\w.-]{0,95}`
const idPattern = new RegExp(`^(?:${part}/)?${part}$`)
const addressPattern = /^https:\/\/huggingface\.co\/([^?#]+)/

/** `owner/name` and a revision from what a person typed or pasted. @throws AppError `hub/id-invalid` */
export function readModelId(text: string): { readonly id: string; readonly revision: string | null } {
  const trimmed = text.trim()
  const [path = trimmed] = addressPattern.exec(trimmed)?.slice(1) ?? []
  const [id = '', revision = ''] = path.replace(/\/+$/, '').split('/tree/')
  const isSafe = idPattern.test(id) && !id.includes('..') && (revision === '' || isRevision(revision))
  if (!isSafe) {
    throw new AppError('hub/id-invalid', { message: `${JSON.stringify(trimmed.slice(0, 120))} is not owner/name` })
  }
  return { id, revision: revision === '' ? null : revision }
}

function isRevision(text: string): boolean {
  return /^[\w][\w./-]{0,119}$/.test(text) && !text.includes('..')
}

const hex = (digits: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`)))
const byteCount = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const sibling = v.object({
  rfilename: v.pipe(v.string(), v.maxLength(1024)),
  size: v.nullish(byteCount),
  blobId: v.nullish(hex(40)),
  lfs: v.nullish(v.object({ sha256: hex(64), size: byteCount })),
})
const infoSchema = v.object({
  sha: hex(40),
  siblings: v.pipe(v.array(sibling), v.maxLength(100_000)),
  cardData: v.nullish(v.looseObject({ license: v.nullish(v.unknown()) })),
})

/** Far above the longest list of files that a small model has. */
const MOST_INFO_CHARACTERS = 16 * 1024 * 1024

/**
 * Asks the hub what `revision` is now, and for what of it Plume reads.
 *
 * @throws AppError `hub/*`; `model/files-missing` for a model without safetensors weights.
 */
export async function findModel(connection: Connection, id: string, revision: string): Promise<RemoteModel> {
  const path = `${id}/revision/${encodeURIComponent(revision)}`
  const text = await persist(connection, async () => {
    const response = await get(connection, `${connection.endpoint}/api/models/${path}?blobs=true`)
    return await response.text()
  })
  const info = readInfo(text)
  const licence = info.cardData?.license
  return {
    id,
    commit: info.sha,
    licence: typeof licence === 'string' ? licence.slice(0, 80) : null,
    files: filesToRead(info.siblings),
  }
}

function readInfo(text: string): v.InferOutput<typeof infoSchema> {
  const parsed = v.safeParse(v.pipe(v.string(), v.maxLength(MOST_INFO_CHARACTERS), v.parseJson(), infoSchema), text)
  if (parsed.success) return parsed.output
  throw new AppError('hub/answer-invalid', { message: parsed.issues[0].message.slice(0, 200) })
}

const small: readonly string[] = [...NEEDED_FILES, ...TOKENIZER_JSON_FILES, CHAT_TEMPLATE_FILE]
const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$/

/** Weights in one file where there is one, else the shards and their index. Folders below hold other forms of them. */
function filesToRead(siblings: readonly v.InferOutput<typeof sibling>[]): readonly RemoteFile[] {
  const paths = new Set(siblings.map(({ rfilename }) => rfilename))
  for (const path of NEEDED_FILES) if (!paths.has(path)) throw missing(path)
  const isSharded = !paths.has(WEIGHTS_FILE)
  const isWeights = (path: string) => (isSharded ? path === INDEX_FILE || SHARD.test(path) : path === WEIGHTS_FILE)
  if (![...paths].some(isWeights)) throw missing(WEIGHTS_FILE)
  const isRead = (path: string) => isWeights(path) || small.includes(path)
  return siblings.filter(({ rfilename }) => isRead(rfilename)).map(remoteFile)
}

function remoteFile({ rfilename, size, blobId, lfs }: v.InferOutput<typeof sibling>): RemoteFile {
  if (lfs) return { path: rfilename, sizeBytes: lfs.size, hash: { kind: 'sha256', hex: lfs.sha256 } }
  if (blobId && typeof size === 'number')
    return { path: rfilename, sizeBytes: size, hash: { kind: 'git', hex: blobId } }
  throw new AppError('hub/answer-invalid', { message: `no hash and size of ${rfilename.slice(0, 120)}` })
}

function missing(name: string): AppError {
  return new AppError('model/files-missing', { message: `no ${name}`, details: { missing: name } })
}
