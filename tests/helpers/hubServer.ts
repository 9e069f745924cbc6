// A server that behaves like the model hub: it answers what a model is, redirects to another address for its files,
// serves ranges with ETags, takes uploads, and misbehaves where a test asks it to.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HubUploads } from './hubUploads'

export interface ServedFile {
  readonly path: string
  readonly bytes: Buffer
  readonly isLarge?: boolean
}

/** How the next answers for a large file go wrong; each is used once, in turn. */
export type Mischief =
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: 'ignores-range' }
  | { readonly kind: 'other-etag' }
  | { readonly kind: 'flips-a-byte' }
  | { readonly kind: 'too-long' }

export interface SeenRequest {
  readonly url: string
  readonly range: string | undefined
  readonly authorization: string | undefined
}

export class HubServer {
  readonly commit = 'c0ffee'.padEnd(40, '0')
  readonly seen: SeenRequest[] = []
  readonly mischief: Mischief[] = []
  /** Answers to the question what a model is, before the true one. */
  readonly infoMischief: Extract<Mischief, { kind: 'status' }>[] = []
  /** Needed for everything, where it is set. */
  token: string | null = null
  sentBytes = 0
  /** Repositories of `me`, for the token `hf_write`. */
  readonly uploads = new HubUploads({
    owner: 'me',
    token: 'hf_write',
    endpoint: () => this.endpoint,
    storage: () => this.endpoint,
  })
  readonly #server: Server
  readonly #files: readonly ServedFile[]
  readonly #id: string

  private constructor(id: string, files: readonly ServedFile[]) {
    this.#id = id
    this.#files = files
    this.#server = createServer((request, response) => void this.#take(request, response))
  }

  static async start(id: string, files: readonly ServedFile[]): Promise<HubServer> {
    const hub = new HubServer(id, files)
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve))
    return hub
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const answer = this.uploads.answer({ method, url, authorization: headers.authorization, body })
    if (answer === 'cut') response.destroy()
    else if (answer) response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.json))
    else this.#answer(request, response)
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? ''
    const { range, authorization } = request.headers
    this.seen.push({ url, range, authorization })
    const storage = /^\/storage\/(.+)$/.exec(url)?.[1]
    if (storage !== undefined) return this.#sendFile(storage, range, response)
    if (this.token !== null && authorization !== `Bearer ${this.token}`) {
      return send(response, 401, { 'X-Error-Code': 'GatedRepo' })
    }
    if (url.startsWith(`/api/models/${this.#id}/revision/`)) return this.#sendInfo(response)
    const path = new RegExp(`^/${this.#id}/resolve/${this.commit}/(.+)$`).exec(url)?.[1]
    if (path === undefined || !this.#file(path)) return send(response, 404, { 'X-Error-Code': 'RepoNotFound' })
    return send(response, 302, { Location: `/storage/${path}` })
  }

  #sendInfo(response: ServerResponse): void {
    const wrong = this.infoMischief.shift()
    if (wrong) return send(response, wrong.status, wrong.headers)
    const siblings = this.#files.map(({ path, bytes, isLarge }) => ({
      rfilename: path,
      size: bytes.length,
      blobId: hashed('sha1', Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes])),
      ...(isLarge ? { lfs: { sha256: hashed('sha256', bytes), size: bytes.length, pointerSize: 134 } } : {}),
    }))
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ sha: this.commit, siblings, cardData: { license: 'mit' }, private: false }))
  }

  #sendFile(path: string, range: string | undefined, response: ServerResponse): void {
    const file = this.#file(path)
    if (!file) return send(response, 404)
    const wrong = file.isLarge ? this.mischief.shift() : undefined
    if (wrong?.kind === 'status') return send(response, wrong.status, wrong.headers)
    const start = wrong?.kind === 'ignores-range' ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    if (start >= file.bytes.length) return send(response, 416)
    let body = Buffer.from(file.bytes.subarray(start))
    if (wrong?.kind === 'flips-a-byte') body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1
    if (wrong?.kind === 'too-long') body = Buffer.concat([body, Buffer.alloc(100)])
    const etag = wrong?.kind === 'other-etag' ? '"another"' : `"${hashed('sha256', file.bytes)}"`
    response.writeHead(start > 0 ? 206 : 200, {
      ETag: etag,
      'Accept-Ranges': 'bytes',
      'Content-Length': body.length,
      ...(start > 0 ? { 'Content-Range': `bytes ${start}-${file.bytes.length - 1}/${file.bytes.length}` } : {}),
    })
    if (wrong?.kind === 'cut') {
      const some = body.subarray(0, wrong.afterBytes)
      this.sentBytes += some.length
      response.write(some, () => setTimeout(() => response.destroy(), 5))
      return
    }
    this.sentBytes += body.length
    response.end(body)
  }

  #file(path: string): ServedFile | undefined {
    return this.#files.find((file) => file.path === path)
  }
}

function send(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers)
  response.end()
}

function hashed(algorithm: 'sha1' | 'sha256', bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex')
}
