// A worker as the plain object it serves.
import { proxy, wrap } from 'comlink'
import { AppError } from '../base/errors'
import { registerErrorTransfer } from './errorTransfer'

type AnyCall = (...values: unknown[]) => Promise<unknown>

/** Listeners are proxied; a worker that breaks rejects every call. */
export function remote<Api extends object>(worker: Worker): Api {
  registerErrorTransferOnce()
  const broken = new Promise<never>((_, reject) => {
    const fail = (event: Event) => {
      const message = event instanceof ErrorEvent ? event.message : event.type
      reject(new AppError('engine/stopped-answering', { message: `worker: ${message}` }))
    }
    worker.addEventListener('error', fail)
    worker.addEventListener('messageerror', fail)
  })
  broken.catch(() => undefined) // each call reports it; without calls there is nobody to tell
  const calls = wrap(worker) as unknown as Record<string, AnyCall>
  const handler: ProxyHandler<object> = {
    get: (_, name) => {
      // A `then` would make the object look like a promise to `await`.
      if (typeof name === 'symbol' || name === 'then') return undefined
      const call: AnyCall = (...values) => {
        const wired = values.map((value) => (typeof value === 'function' ? proxy(value as () => void) : value))
        return Promise.race([calls[name]?.(...wired), broken])
      }
      return call
    },
  }
  return new Proxy({}, handler) as Api
}

let hasErrorTransfer = false

function registerErrorTransferOnce(): void {
  if (!hasErrorTransfer) registerErrorTransfer()
  hasErrorTransfer = true
}
