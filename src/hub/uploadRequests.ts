// Requests that send something to the hub, and what its answers mean then.
import * as v from 'valibot'
import { AppError, type ErrorCode } from '../base/errors'
import { ask, PassingFailure, retryAfterMs, type Connection, type Question } from './connection'

/** Of an answer that is read, or of a reason that is shown. */
const MOST_ANSWER_CHARACTERS = 4 * 1024 * 1024

/** JSON, or text of another type as it is, with the token. @throws PassingFailure, AppError `hub/*` */
export function post(
  connection: Connection,
  url: string,
  body: unknown,
  { type = 'application/json' }: { readonly type?: string } = {},
): Promise<Response> {
  const headers = { 'Content-Type': type, Accept: type.endsWith('ndjson') ? 'application/json' : type }
  return send(connection, url, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** Bytes to a signed address. It says itself who may write there: the token stays here. */
export async function put(connection: Connection, url: string, body: Uint8Array<ArrayBuffer>): Promise<Response> {
  const response = await reach({ ...connection, token: undefined }, url, { method: 'PUT', body })
  if (response.ok) return response
  // The store says 400 to a slow line and 403 to an address that has run out, both worth another try.
  throw new PassingFailure(await failure('hub/upload-cut', response))
}

/** What may not be done twice: any failure is the last. */
export async function once<Result>(attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt()
  } catch (thrown) {
    throw thrown instanceof PassingFailure ? thrown.error : thrown
  }
}

/** @throws AppError `hub/answer-invalid` */
export async function answerOf<Schema extends v.GenericSchema>(
  response: Response,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await response.text()
  const parsed = v.safeParse(v.pipe(v.string(), v.maxLength(MOST_ANSWER_CHARACTERS), v.parseJson(), schema), text)
  if (parsed.success) return parsed.output
  throw new AppError('hub/answer-invalid', { message: parsed.issues[0].message.slice(0, 200) })
}

async function send(connection: Connection, url: string, question: Question): Promise<Response> {
  const response = await reach(connection, url, question)
  if (response.ok) return response
  const { status, headers } = response
  const code = codes[status]
  if (code !== undefined) throw await failure(code, response)
  if (status === 429) {
    throw new PassingFailure(await failure('hub/too-many-requests', response), retryAfterMs(headers.get('Retry-After')))
  }
  if (status >= 500) throw new PassingFailure(await failure('hub/upload-cut', response))
  throw await failure('hub/folder-refused', response)
}

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'hub/token-refused',
  403: 'hub/no-write-access',
  404: 'hub/not-found',
  409: 'hub/exists',
  413: 'hub/upload-too-large',
}

async function reach(connection: Connection, url: string, question: Question): Promise<Response> {
  try {
    // What is sent goes where it was addressed, and so does the token.
    return await ask(connection, url, { ...question, redirect: 'error' })
  } catch (cause) {
    connection.signal.throwIfAborted()
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PassingFailure(new AppError('hub/upload-cut', { message: message.slice(0, 200), cause }))
  }
}

/** With the reason that the hub gives, in its words. */
async function failure(code: ErrorCode, response: Response): Promise<AppError> {
  const { status } = response
  const text = await response.text().catch(() => '')
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.object({ error: v.string() })), text)
  const reason = parsed.success ? parsed.output.error.slice(0, 300) : null
  const message = reason === null ? `status ${status}` : `status ${status}, ${reason}`
  return new AppError(code, { message, details: { status, reason } })
}
