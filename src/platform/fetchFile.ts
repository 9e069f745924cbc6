// Same-origin files of a model. The policy of the page allows no other origin.
import { AppError } from '../base/errors'

/** @throws AppError `file/not-readable` when the file is missing or the connection fails. */
export async function fetchFile(baseUrl: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = `${baseUrl.replace(/\/+$/, '')}/${name}`
  try {
    const response = await fetch(url)
    if (!response.ok) throw new Error(`status ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    const message = `${name}: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new AppError('file/not-readable', { message, details: { name }, cause })
  }
}
