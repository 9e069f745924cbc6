// The origin private file system, and what its failures are called.
import { AppError, type ErrorCode } from '../base/errors'

/** A folder of this origin, made where it is missing. */
export async function opfsFolder(name: string): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true })
}

/** What `work` answers, or null where it meets a file that is not there. */
export async function orNull<Result>(work: () => Promise<Result>): Promise<Result | null> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return null
    throw thrown
  }
}

/** @throws AppError `fullCode` when the quota is reached, `storage/unavailable` for any other failure. */
export async function guarded<Result>(fullCode: ErrorCode, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const isFull = cause instanceof DOMException && cause.name === 'QuotaExceededError'
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new AppError(isFull ? fullCode : 'storage/unavailable', { message, cause })
  }
}
