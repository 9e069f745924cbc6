// One request to the hub, and what its answers mean.
import { AppError } from '../base/errors'

export interface Connection {
  readonly endpoint: string
  readonly token: string | undefined
  readonly signal: AbortSignal
  readonly fetch: typeof globalThis.fetch
  readonly wait: (ms: number) => Promise<void>
}

/** Tries in a row that bring nothing before a download gives up. */
const MOST_TRIES = 6
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 60_000

/** A failure that the next try may not meet again; `waitMs` where the hub said how long to wait. */
export class PassingFailure extends Error {
  readonly error: AppError
  readonly waitMs: number | undefined

  constructor(error: AppError, waitMs?: number) {
    super(error.message, { cause: error })
    this.error = error
    this.waitMs = waitMs
  }
}

/**
 * Calls `attempt` until it answers, waiting longer each time. A try that brought bytes counts as none.
 *
 * @param progress - any number that grows when something came.
 */
export async function persist<Result>(
  { signal, wait }: Pick<Connection, 'signal' | 'wait'>,
  attempt: () => Promise<Result>,
  progress: () => number = () => 0,
): Promise<Result> {
  let tries = 0
  for (;;) {
    const before = progress()
    try {
      return await attempt()
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof PassingFailure)) throw thrown
      tries = progress() > before ? 1 : tries + 1
      if (tries >= MOST_TRIES) throw thrown.error
      await wait(Math.min(thrown.waitMs ?? FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS))
      signal.throwIfAborted()
    }
  }
}

/** A GET whose answer is a success. @throws PassingFailure, AppError `hub/*` */
export async function get(connection: Connection, url: string, headers: Record<string, string> = {}) {
  let response: Response
  try {
    response = await ask(connection, url, { headers })
  } catch (cause) {
    connection.signal.throwIfAborted()
    throw new PassingFailure(unreachable(cause))
  }
  if (!response.ok) {
    await response.body?.cancel()
    throw refusal(response)
  }
  return response
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly redirect?: 'follow' | 'error'
}

/** One request with the token, whatever its answer. @throws what fetch throws */
export function ask({ fetch, signal, token }: Connection, url: string, question: Question): Promise<Response> {
  return fetch(url, {
    ...question,
    signal,
    headers: { ...question.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  })
}

export function unreachable(cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new AppError('hub/unreachable', { message: message.slice(0, 200), cause })
}

function refusal({ status, headers }: Response): Error {
  const details = { status, reason: headers.get('X-Error-Code')?.slice(0, 80) ?? null }
  const message = `status ${status}${details.reason ? `, ${details.reason}` : ''}`
  if (status === 401 || status === 403) return new AppError('hub/not-allowed', { message, details })
  if (status === 404) return new AppError('hub/not-found', { message, details })
  if (status === 429) {
    return new PassingFailure(
      new AppError('hub/too-many-requests', { message, details }),
      retryAfterMs(headers.get('Retry-After')),
    )
  }
  const error = new AppError('hub/unreachable', { message, details })
  return status >= 500 ? new PassingFailure(error) : error
}

/** Seconds, as the hub writes them; a date is not read. */
export function retryAfterMs(value: string | null): number | undefined {
  const seconds = value === null ? Number.NaN : Number(value)
  return seconds >= 0 ? seconds * 1000 : undefined
}
