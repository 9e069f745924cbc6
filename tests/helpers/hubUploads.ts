// The hub's half of an upload: repositories, the question how a file comes, git-lfs's batches with parts, a store by
// signed addresses, and commits as lines of JSON. Used by a server (hubServer.ts) and by the routes of a page's test.
import { createHash } from 'node:crypto'

export interface UploadQuestion {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly authorization: string | undefined
  readonly body: Buffer
}

export interface UploadAnswer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly json?: unknown
}

export interface Repository {
  readonly isPrivate: boolean
  readonly files: Map<string, Buffer>
  commits: number
}

interface LargeFile {
  readonly size: number
  /** As they came, by number. */
  readonly parts: Map<number, Buffer>
  bytes: Buffer | null
}

export class HubUploads {
  readonly repositories = new Map<string, Repository>()
  readonly asked: UploadQuestion[] = []
  /** The next answers to questions whose address contains the text, each used once, before the true one. */
  readonly mischief: { readonly where: string; readonly answer: UploadAnswer | 'cut' }[] = []
  /** Large files come in parts of so many bytes; in one where it is null. */
  partBytes: number | null = null
  readonly #large = new Map<string, LargeFile>()
  readonly #owner: string
  readonly #token: string
  readonly #storage: () => string
  readonly #endpoint: () => string

  /** @param storage - where the store answers, another origin than the hub's in truth. */
  constructor(who: { owner: string; token: string; endpoint: () => string; storage: () => string }) {
    this.#owner = who.owner
    this.#token = who.token
    this.#endpoint = who.endpoint
    this.#storage = who.storage
  }

  /** Null where the question is none of an upload; `cut` where the line breaks. */
  answer(question: UploadQuestion): UploadAnswer | 'cut' | null {
    const [path = ''] = question.url.split('?')
    const [, id = ''] = /^\/api\/models\/([^/]+\/[^/]+)/.exec(path) ?? /^\/([^/]+\/[^/]+)\.git\//.exec(path) ?? []
    const isUpload = question.method !== 'GET' || this.repositories.has(id)
    if (!isUpload) return null
    this.asked.push(question)
    const wrong = this.mischief.findIndex(({ where }) => question.url.includes(where))
    if (wrong >= 0) return this.mischief.splice(wrong, 1)[0]?.answer ?? null
    if (path.startsWith('/store/')) return this.#store(question)
    if (question.authorization !== `Bearer ${this.#token}`) {
      return { status: 401, json: { error: 'Invalid credentials in Authorization header' } }
    }
    if (path === '/api/repos/create') return this.#create(jsonOf(question))
    if (path === '/api/complete_multipart') return this.#complete(jsonOf(question))
    const repository = this.repositories.get(id)
    if (!repository) return { status: 404, json: { error: 'Repository not found' } }
    if (question.method === 'GET') return { status: 200, json: { id, private: repository.isPrivate } }
    if (path.endsWith('/preupload/main')) return this.#modes(jsonOf(question))
    if (path.endsWith('/info/lfs/objects/batch')) return this.#batch(id, jsonOf(question))
    if (path.endsWith('/info/lfs/objects/verify')) return this.#verify(jsonOf(question))
    if (path.endsWith('/commit/main')) return this.#commit(repository, question.body.toString())
    return { status: 404, json: { error: 'Not found' } }
  }

  #create({ name, organization, private: isPrivate, type }: Json): UploadAnswer {
    const id = `${String(organization)}/${String(name)}`
    if (type !== 'model') return { status: 400, json: { error: 'Invalid type' } }
    if (organization !== this.#owner) {
      return { status: 403, json: { error: "You don't have the rights to create a model under this namespace" } }
    }
    if (this.repositories.has(id)) return { status: 409, json: { error: 'You already created this model repo' } }
    this.repositories.set(id, { isPrivate: isPrivate === true, files: new Map(), commits: 0 })
    return { status: 200, json: { url: `${this.#endpoint()}/${id}` } }
  }

  #modes({ files }: Json): UploadAnswer {
    const asked = files as { path: string; size: number; sample: string }[]
    const isBinary = (sample: string) => Buffer.from(sample, 'base64').includes(0)
    const modes = asked.map(({ path, sample }) => ({
      path,
      uploadMode: path.endsWith('.safetensors') || isBinary(sample) ? 'lfs' : 'regular',
      shouldIgnore: false,
    }))
    return { status: 200, json: { files: modes } }
  }

  #batch(id: string, { operation, objects, transfers, hash_algo: algorithm }: Json): UploadAnswer {
    if (operation !== 'upload' || algorithm !== 'sha_256') return { status: 422, json: { error: 'Invalid batch' } }
    const inParts = this.partBytes !== null && (transfers as string[]).includes('multipart')
    const answers = (objects as { oid: string; size: number }[]).map(({ oid, size }) => {
      if (this.#large.get(oid)?.bytes) return { oid, size }
      this.#large.set(oid, { size, parts: new Map(), bytes: null })
      const verify = { href: `${this.#endpoint()}/${id}.git/info/lfs/objects/verify` }
      const place = `${this.#storage()}/store/${oid}`
      if (!inParts) return { oid, size, actions: { upload: { href: `${place}?X-Amz-Signature=1` }, verify } }
      const count = Math.ceil(size / (this.partBytes ?? size))
      const numbers = Array.from({ length: count }, (_, index) => String(index + 1).padStart(5, '0'))
      const parts = Object.fromEntries(numbers.map((number) => [number, `${place}?partNumber=${Number(number)}`]))
      const href = `${this.#endpoint()}/api/complete_multipart?uploadId=1`
      return {
        oid,
        size,
        actions: { upload: { href, header: { chunk_size: String(this.partBytes), ...parts } }, verify },
      }
    })
    return { status: 200, json: { transfer: inParts ? 'multipart' : 'basic', objects: answers } }
  }

  /** A signed address is its own proof: with a token besides, the store refuses. */
  #store({ url, authorization, body }: UploadQuestion): UploadAnswer {
    if (authorization !== undefined) return { status: 400, json: {} }
    const [, oid = '', part] = /^\/store\/(\w+)\?(?:partNumber=(\d+))?/.exec(url) ?? []
    const file = this.#large.get(oid)
    if (!file) return { status: 403, json: {} }
    file.parts.set(Number(part ?? 1), body)
    if (part === undefined) file.bytes = body
    return { status: 200, headers: { ETag: `"${hashed('md5', body)}"` } }
  }

  #complete({ oid, parts }: Json): UploadAnswer {
    const file = this.#large.get(String(oid))
    const told = parts as { partNumber: number; etag: string }[]
    const found = told.map(({ partNumber, etag }) => {
      const bytes = file?.parts.get(partNumber)
      return bytes && etag === `"${hashed('md5', bytes)}"` ? bytes : null
    })
    if (!file || found.some((bytes) => bytes === null)) return { status: 400, json: { error: 'Invalid part' } }
    file.bytes = Buffer.concat(found.filter((bytes) => bytes !== null))
    return { status: 200, json: {} }
  }

  #verify({ oid, size }: Json): UploadAnswer {
    const file = this.#large.get(String(oid))
    const isThere = file?.bytes?.length === size && hashed('sha256', file?.bytes ?? Buffer.alloc(0)) === oid
    return isThere ? { status: 200, json: {} } : { status: 404, json: { error: 'Not there' } }
  }

  #commit(repository: Repository, text: string): UploadAnswer {
    const [header, ...entries] = text.split('\n').map((line) => JSON.parse(line) as { key: string; value: Json })
    if (header?.key !== 'header' || !header.value['summary']) return { status: 400, json: { error: 'No header' } }
    const files = new Map<string, Buffer>()
    for (const { key, value } of entries) {
      const bytes =
        key === 'file'
          ? Buffer.from(String(value['content']), 'base64')
          : (this.#large.get(String(value['oid']))?.bytes ?? null)
      if (!bytes || (key === 'lfsFile' && (value['algo'] !== 'sha256' || value['size'] !== bytes.length))) {
        return { status: 400, json: { error: `Invalid ${key}` } }
      }
      files.set(String(value['path']), bytes)
    }
    const card = files.get('README.md')?.toString() ?? ''
    if (/^base_model: .*[\\ ].*[\\ ]/m.test(card)) {
      return { status: 400, json: { error: 'Invalid metadata in README.md: "base_model" is not valid' } }
    }
    for (const [path, bytes] of files) repository.files.set(path, bytes)
    repository.commits += 1
    const commitOid = hashed('sha1', Buffer.from(text))
    return { status: 200, json: { success: true, commitOid, commitUrl: 'https://huggingface.co/x', hookOutput: '' } }
  }
}

type Json = Record<string, unknown>

function jsonOf({ body }: UploadQuestion): Json {
  return JSON.parse(body.toString()) as Json
}

function hashed(algorithm: 'md5' | 'sha1' | 'sha256', bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex')
}
