// Files that ship with the page. Always same-origin: nothing here can reach another host.
import { AppError } from '../base/errors'

/** The absolute address of a file below `public/`, wherever the page is served from. */
export function publicUrl(path: string): string {
  return new URL(`${import.meta.env.BASE_URL}${path}`, document.baseURI).href
}

export async function readPublicFile(path: string): Promise<Uint8Array> {
  const url = publicUrl(path)
  const response = await fetch(url).catch((cause: unknown) => {
    throw new AppError('file/not-readable', { message: `${path} did not arrive`, details: { path }, cause })
  })
  if (!response.ok) {
    throw new AppError('file/not-readable', { message: `${path}: status ${response.status}`, details: { path } })
  }
  return new Uint8Array(await response.arrayBuffer())
}
