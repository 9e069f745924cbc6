// Carries an AppError across a comlink border with its code and details. Comlink alone keeps only
// name, message and stack, and the page could no longer say what to do.
import { transferHandlers, type TransferHandler } from 'comlink'
import { AppError, errorCodes, toAppError, type ErrorCode, type ErrorDetails } from '../base/errors'

interface Thrown {
  readonly value: unknown
}

interface WireError {
  readonly code: ErrorCode
  readonly message: string
  readonly details: ErrorDetails
  readonly stack: string | undefined
}

/** Call once on each side of the border, before the first call. */
export function registerErrorTransfer(): void {
  const original = transferHandlers.get('throw')
  const handler: TransferHandler<Thrown, WireError> = {
    // Comlink marks what it caught with a symbol of its own: only the original handler can see it.
    canHandle: (value): value is Thrown => original?.canHandle(value) ?? false,
    serialize: ({ value }) => [packError(value), []],
    deserialize: (wire) => {
      throw unpackError(wire)
    },
  }
  transferHandlers.set('throw', handler as TransferHandler<unknown, unknown>)
}

export function packError(thrown: unknown): WireError {
  const error = toAppError(thrown)
  return { code: error.code, message: error.message, details: error.details, stack: error.stack }
}

export function unpackError(wire: WireError): AppError {
  const isKnown = (errorCodes as readonly string[]).includes(wire.code)
  const error = new AppError(isKnown ? wire.code : 'unexpected', { message: wire.message, details: wire.details })
  if (wire.stack !== undefined) error.stack = wire.stack
  return error
}
