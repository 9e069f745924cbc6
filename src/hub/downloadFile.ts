// One file, into the store. It grows under the name of its hash with `.part` behind it, and loses that ending only
// when the hash is right: what looks whole is whole.
//
// A cut goes on with a plain `Range`, which needs no permission of another origin, where `If-Range` would. That the
// file is still the same follows from its address, which names a commit, and is proven by the hash.
import { AppError } from '../base/errors'
import { streamingGitBlobId, streamingSha256, type StreamingHash } from '../base/hashing'
import { get, PassingFailure, persist, unreachable, type Connection } from './connection'
import type { AppendedFile, FileStore } from './fileStore'
import type { RemoteFile } from './modelInfo'

/** A connection that brings nothing for so long is taken for cut. */
const STALL_MS = 30_000
const READ_BYTES = 4 * 1024 * 1024

export const partOf = ({ hash }: RemoteFile) => `${hash.hex}.part`

/**
 * @param onBytes - called with the bytes of the file that are stored, whenever that changes.
 * @throws AppError `hub/*`; the signal's reason when it was stopped, which leaves the part.
 */
export async function downloadFile(
  connection: Connection,
  { url, file, store }: { readonly url: string; readonly file: RemoteFile; readonly store: FileStore },
  onBytes: (storedBytes: number) => void,
): Promise<void> {
  const part = await openPart(store, file)
  try {
    onBytes(part.sizeBytes)
    await persist(
      connection,
      () => fetchRest(connection, url, part, onBytes),
      () => part.receivedBytes,
    )
  } finally {
    await part.close()
  }
  const found = part.hex()
  if (found !== file.hash.hex) {
    await store.remove(partOf(file))
    throw wrongBytes(file, `the ${file.hash.kind} hash is ${found} instead of ${file.hash.hex}`)
  }
  await store.rename(partOf(file), file.hash.hex)
}

/** A file that grows, and the hash of what it holds. */
interface Part {
  readonly file: RemoteFile
  readonly sizeBytes: number
  /** Since it was opened; what was thrown away counts. */
  readonly receivedBytes: number
  /** What the server called its version of the file. */
  etag: string | null
  take(bytes: Uint8Array): Promise<void>
  restart(): Promise<void>
  close(): Promise<void>
  hex(): string
}

async function openPart(store: FileStore, file: RemoteFile): Promise<Part> {
  const before = await store.blob(partOf(file))
  let hash = newHash(file)
  // What lies there is hashed anew: a hash that was kept would say nothing of the bytes.
  for (let offset = 0; before && offset < before.size; offset += READ_BYTES) {
    hash.update(new Uint8Array(await before.slice(offset, offset + READ_BYTES).arrayBuffer()))
  }
  const stored: AppendedFile = await store.append(partOf(file))
  let receivedBytes = 0
  const part: Part = {
    file,
    etag: null,
    get sizeBytes() {
      return stored.sizeBytes
    },
    get receivedBytes() {
      return receivedBytes
    },
    async take(bytes) {
      if (stored.sizeBytes + bytes.byteLength > file.sizeBytes) {
        await part.restart()
        throw wrongBytes(file, `more than the ${file.sizeBytes} bytes that it should have`)
      }
      await stored.write(bytes)
      hash.update(bytes)
      receivedBytes += bytes.byteLength
    },
    async restart() {
      await stored.empty()
      hash = newHash(file)
      part.etag = null
    },
    close: () => stored.close(),
    hex: () => hash.hex(),
  }
  if (stored.sizeBytes > file.sizeBytes || stored.sizeBytes !== (before?.size ?? 0)) await part.restart()
  return part
}

function newHash({ hash, sizeBytes }: RemoteFile): StreamingHash {
  return hash.kind === 'sha256' ? streamingSha256() : streamingGitBlobId(sizeBytes)
}

async function fetchRest(
  connection: Connection,
  url: string,
  part: Part,
  onBytes: (storedBytes: number) => void,
): Promise<void> {
  if (part.sizeBytes === part.file.sizeBytes) return
  const response = await getRest(connection, url, part)
  if (part.sizeBytes > 0 && !continues(response, part)) {
    await part.restart()
    if (response.status === 206) {
      await response.body?.cancel()
      throw new PassingFailure(wrongBytes(part.file, 'it changed while it was fetched'))
    }
  }
  part.etag = response.headers.get('ETag')
  for await (const bytes of pieces(response, connection.signal)) {
    await part.take(bytes)
    onBytes(part.sizeBytes)
  }
  if (part.sizeBytes < part.file.sizeBytes) throw new PassingFailure(unreachable('the connection was cut'))
}

async function getRest(connection: Connection, url: string, part: Part): Promise<Response> {
  try {
    return await get(connection, url, part.sizeBytes > 0 ? { Range: `bytes=${part.sizeBytes}-` } : {})
  } catch (thrown) {
    const isOutOfRange = thrown instanceof AppError && thrown.details['status'] === 416
    if (!isOutOfRange) throw thrown
    await part.restart()
    throw new PassingFailure(thrown)
  }
}

/** True for an answer that begins where the part ends, of the same version as far as the server says. */
function continues({ status, headers }: Response, { sizeBytes, etag, file }: Part): boolean {
  if (status !== 206) return false
  const etagNow = headers.get('ETag')
  if (etag !== null && etagNow !== null && etag !== etagNow) return false
  // Servers of other origins may not show this header; the hash decides then.
  const range = headers.get('Content-Range')
  return range === null || range.startsWith(`bytes ${sizeBytes}-${file.sizeBytes - 1}/`)
}

async function* pieces(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await withinStall(reader)
      if (done) return
      yield value
    }
  } catch (thrown) {
    signal.throwIfAborted()
    throw new PassingFailure(unreachable(thrown))
  } finally {
    await reader.cancel().catch(() => undefined) // it is cut already
  }
}

async function withinStall(reader: ReadableStreamDefaultReader<Uint8Array>) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${STALL_MS} ms`)), STALL_MS)
  })
  try {
    return await Promise.race([reader.read(), stalled])
  } finally {
    clearTimeout(timer)
  }
}

function wrongBytes({ path }: RemoteFile, message: string): AppError {
  return new AppError('hub/wrong-bytes', { message: `${path}: ${message}`, details: { name: path } })
}
