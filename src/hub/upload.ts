// The files of an adapter into a repository on the hub, as one commit. The hub says of each file whether it comes in
// the commit itself or as a large one, which is put into a store beside it first, by git-lfs's batch protocol with the
// hub's own way of cutting it into parts.
//
// By the source of huggingface.js (packages/hub, commit and create-repo) and of huggingface_hub (lfs.py). The real hub
// was never asked by a test.
import * as v from 'valibot'
import { base64Of, sha256Hex } from '../base/bytes'
import { AppError } from '../base/errors'
import type { Uploaded, UploadProgress, UploadRequest } from './api'
import { get, persist, type Connection } from './connection'
import { isOfHub } from './hosts'
import { readModelId } from './modelInfo'
import { answerOf, once, post, put } from './uploadRequests'

export interface UploadConnection extends Connection {
  readonly uploadOrigins: readonly string[]
}

interface SentFile {
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

interface LargeFile extends SentFile {
  readonly sha256: string
}

const BRANCH = 'main'
const SUMMARY = 'An adapter made with Plume'
/** What the hub guesses the kind of a file from. */
const SAMPLE_BYTES = 512
/** Far more parts than an adapter has, and a limit for a strange answer. */
const MOST_PARTS = 10_000
const LFS = 'application/vnd.git-lfs+json'

/** @throws AppError `hub/*`; the signal's reason when it was stopped. */
export async function uploadFiles(
  connection: UploadConnection,
  { id: typed, isPrivate, mayExist, files }: UploadRequest,
  tell: (progress: UploadProgress) => void,
): Promise<Uploaded> {
  const id = repositoryId(typed)
  const all = files.map(({ name, bytes }): SentFile => ({ path: name, bytes: new Uint8Array(bytes) }))
  const totalBytes = all.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
  let sentBytes = 0
  const at = (stage: UploadProgress['stage']) => tell({ stage, sentBytes, totalBytes })

  at('creating')
  await createRepository(connection, id, { isPrivate, mayExist })
  at('asking')
  const isLarge = await askForModes(connection, id, all)
  const large = await Promise.all(
    all.filter(isLarge).map(async (file): Promise<LargeFile> => ({ ...file, sha256: await sha256Hex(file.bytes) })),
  )
  at('sending')
  await sendLarge(connection, { id, large }, (bytes) => {
    sentBytes += bytes
    at('sending')
  })
  at('committing')
  const small = all.filter((file) => !isLarge(file))
  const commit = await commitFiles(connection, id, { small, large })
  sentBytes = totalBytes
  at('committing')
  return { address: `${connection.endpoint}/${id}`, commit }
}

/** @throws AppError `hub/id-invalid` for a name without an owner too. */
function repositoryId(text: string): string {
  const { id, revision } = readModelId(text)
  if (id.includes('/') && revision === null) return id
  throw new AppError('hub/id-invalid', { message: `${JSON.stringify(text.slice(0, 120))} is not owner/name` })
}

async function createRepository(
  connection: UploadConnection,
  id: string,
  { isPrivate, mayExist }: { readonly isPrivate: boolean; readonly mayExist: boolean },
): Promise<void> {
  const [organization, name] = id.split('/')
  try {
    // Once: a second try could meet the repository that the first one made.
    const question = { type: 'model', name, organization, private: isPrivate }
    await once(() => post(connection, `${connection.endpoint}/api/repos/create`, question))
  } catch (thrown) {
    // A token for one repository may write to it and make none.
    const exists = thrown instanceof AppError && ['hub/exists', 'hub/no-write-access'].includes(thrown.code)
    if (!mayExist || !exists) throw thrown
    if (isPrivate) await refusePublic(connection, id)
  }
}

const visibilitySchema = v.object({ private: v.boolean() })

/** Somebody who asks for a private repository must not publish because there was a public one. */
async function refusePublic(connection: UploadConnection, id: string): Promise<void> {
  const info = await persist(connection, async () => {
    return answerOf(await get(connection, `${connection.endpoint}/api/models/${id}`), visibilitySchema)
  })
  if (!info.private) throw new AppError('hub/repository-public', { message: `${id} is public` })
}

const modesSchema = v.object({
  files: v.array(v.object({ path: v.string(), uploadMode: v.picklist(['lfs', 'regular']) })),
})

/** Which files are large ones to the hub: it goes by name, size and first bytes. */
async function askForModes(
  connection: UploadConnection,
  id: string,
  files: readonly SentFile[],
): Promise<(file: SentFile) => boolean> {
  const question = {
    files: files.map(({ path, bytes }) => ({
      path,
      size: bytes.byteLength,
      sample: base64Of(bytes.subarray(0, SAMPLE_BYTES)),
    })),
  }
  const url = `${connection.endpoint}/api/models/${id}/preupload/${BRANCH}`
  const answer = await persist(connection, async () => answerOf(await post(connection, url, question), modesSchema))
  const modes = new Map(answer.files.map(({ path, uploadMode }) => [path, uploadMode]))
  for (const { path } of files) if (!modes.has(path)) throw invalid(`nothing is said of ${path}`)
  return ({ path }) => modes.get(path) === 'lfs'
}

const action = v.object({ href: v.string(), header: v.nullish(v.record(v.string(), v.unknown())) })
const batchSchema = v.object({
  objects: v.array(
    v.object({
      oid: v.string(),
      error: v.nullish(v.object({ code: v.number(), message: v.string() })),
      actions: v.nullish(v.object({ upload: v.nullish(action), verify: v.nullish(action) })),
    }),
  ),
})

async function sendLarge(
  connection: UploadConnection,
  { id, large }: { readonly id: string; readonly large: readonly LargeFile[] },
  onSent: (bytes: number) => void,
): Promise<void> {
  if (large.length === 0) return
  const question = {
    operation: 'upload',
    transfers: ['basic', 'multipart'],
    hash_algo: 'sha_256',
    ref: { name: BRANCH },
    objects: large.map(({ sha256, bytes }) => ({ oid: sha256, size: bytes.byteLength })),
  }
  const url = `${connection.endpoint}/${id}.git/info/lfs/objects/batch`
  const { objects } = await persist(connection, async () => {
    return answerOf(await post(connection, url, question, { type: LFS }), batchSchema)
  })
  for (const file of large) {
    connection.signal.throwIfAborted()
    const found = objects.find(({ oid }) => oid === file.sha256)
    if (!found) throw invalid(`nothing is said of ${file.path}`)
    if (found.error) throw refused(file, found.error.message)
    const { upload, verify } = found.actions ?? {}
    // Without one the hub has these very bytes already.
    if (upload) await sendBytes(connection, file, upload, onSent)
    else onSent(file.bytes.byteLength)
    if (verify) await confirm(connection, verify.href, { oid: file.sha256, size: file.bytes.byteLength })
  }
}

async function sendBytes(
  connection: UploadConnection,
  { path, bytes, sha256 }: LargeFile,
  { href, header }: v.InferOutput<typeof action>,
  onSent: (bytes: number) => void,
): Promise<void> {
  const partBytes = header?.['chunk_size']
  if (partBytes === undefined) {
    await persist(connection, () => put(connection, storageUrl(connection, href), bytes))
    onSent(bytes.byteLength)
    return
  }
  const size = Number(partBytes)
  const urls = Object.entries(header ?? {})
    .filter(([key]) => /^\d+$/.test(key))
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, url]) => storageUrl(connection, String(url)))
  const isWhole = size > 0 && urls.length <= MOST_PARTS && urls.length === Math.ceil(bytes.byteLength / size)
  if (!isWhole) throw invalid(`${urls.length} parts of ${size} bytes for the ${bytes.byteLength} of ${path}`)
  const parts: { partNumber: number; etag: string }[] = []
  for (const [index, url] of urls.entries()) {
    connection.signal.throwIfAborted()
    const part = bytes.slice(index * size, (index + 1) * size)
    const response = await persist(connection, () => put(connection, url, part))
    const etag = response.headers.get('ETag')
    if (etag === null) throw invalid('a part without an ETag')
    parts.push({ partNumber: index + 1, etag })
    onSent(part.byteLength)
  }
  await confirm(connection, href, { oid: sha256, parts })
}

/** Tells the hub that bytes have come to its store. */
async function confirm(connection: UploadConnection, href: string, what: unknown): Promise<void> {
  const url = hubUrl(connection, href)
  await persist(connection, () => post(connection, url, what, { type: LFS }))
}

const commitSchema = v.object({ commitOid: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)) })

async function commitFiles(
  connection: UploadConnection,
  id: string,
  { small, large }: { readonly small: readonly SentFile[]; readonly large: readonly LargeFile[] },
): Promise<string> {
  const lines = [
    { key: 'header', value: { summary: SUMMARY, description: '' } },
    ...small.map(({ path, bytes }) => ({ key: 'file', value: { path, content: base64Of(bytes), encoding: 'base64' } })),
    ...large.map(({ path, sha256, bytes }) => ({
      key: 'lfsFile',
      value: { path, algo: 'sha256', oid: sha256, size: bytes.byteLength },
    })),
  ]
  const url = `${connection.endpoint}/api/models/${id}/commit/${BRANCH}`
  const body = lines.map((line) => JSON.stringify(line)).join('\n')
  // Once: a second try could commit twice what the first one did.
  const response = await once(() => post(connection, url, body, { type: 'application/x-ndjson' }))
  return (await answerOf(response, commitSchema)).commitOid
}

/** Where bytes may be put: the hub's domains, and the store that is known. @throws AppError `hub/answer-invalid` */
function storageUrl({ endpoint, uploadOrigins }: UploadConnection, href: string): string {
  const url = parsedUrl(href)
  if (isOfHub(url) || url.origin === endpoint || uploadOrigins.includes(url.origin)) return url.href
  throw invalid(`files are to be put at ${url.origin}, which this page may not ask`)
}

/** Where the token may go. @throws AppError `hub/answer-invalid` */
function hubUrl({ endpoint }: UploadConnection, href: string): string {
  const url = parsedUrl(href)
  if (url.origin === endpoint) return url.href
  throw invalid(`${url.origin} asks for the token`)
}

function parsedUrl(href: string): URL {
  if (URL.canParse(href)) return new URL(href)
  throw invalid('an address that is none')
}

function refused({ path }: SentFile, said: string): AppError {
  const reason = said.slice(0, 300)
  return new AppError('hub/folder-refused', { message: `${path}: ${reason}`, details: { reason } })
}

function invalid(message: string): AppError {
  return new AppError('hub/answer-invalid', { message })
}
