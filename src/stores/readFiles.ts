// Files from a drop or a chooser as plain bytes.
import { AppError } from '../base/errors'
import type { NamedFile } from '../engine/api'

/** Larger than any corpus this page can train on; a tab that reads more than this may not come back. */
const MOST_BYTES = 512 * 1024 * 1024

/** @throws AppError `corpus/too-large`, `file/not-readable` */
export async function readFiles(files: readonly File[]): Promise<NamedFile[]> {
  const bytes = files.reduce((sum, file) => sum + file.size, 0)
  if (bytes > MOST_BYTES) {
    throw new AppError('corpus/too-large', {
      message: `${bytes} bytes in ${files.length} files; at most ${MOST_BYTES}`,
      details: { bytes, most: MOST_BYTES },
    })
  }
  return await Promise.all(
    files.map(async (file) => {
      const buffer = await file.arrayBuffer().catch((cause: unknown) => {
        throw new AppError('file/not-readable', { message: `${file.name} could not be read`, cause })
      })
      return { name: file.name, bytes: new Uint8Array(buffer) }
    }),
  )
}

/** True for what can only be an adapter: the two files of a PEFT folder, a zip, or a GGUF file that says so. */
export function looksLikeAdapter(files: readonly { readonly name: string }[]): boolean {
  if (files.some(({ name }) => GGUF_ADAPTER.test(name))) return true
  return files.some(({ name }) => /(^adapter_config\.json|\.safetensors|\.zip|^adapter_model\..*)$/i.test(name))
}

/** A model and an adapter have one ending; adapters are told by their names. */
const GGUF_ADAPTER = /(adapter|lora)[^/]*\.gguf$/i

/** True for a GGUF file of a model, and for a folder or files in Hugging Face's layout of a model. */
export function looksLikeModel(files: readonly { readonly name: string }[]): boolean {
  const has = (name: RegExp): boolean => files.some((file) => name.test(file.name))
  if (has(/\.gguf$/i)) return !has(GGUF_ADAPTER)
  return has(/^config\.json$/) && has(/^tokenizer\.json$/) && has(/\.safetensors$/) && !has(/^adapter_config\.json$/)
}
