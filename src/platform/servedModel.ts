// The model that this page is served with.
import { bytesSource, type FileSource } from '../formats/fileSource'
import { fetchFile } from './fetchFile'

// Without its chat template: it was taught stories, and a prompt to it is the beginning of one. Data of conversations is
// written by the built-in template, which is the same.
const parts = ['config.json', 'tokenizer.json', 'model.safetensors']

/** @throws AppError `file/not-readable` when a file is missing or the connection fails. */
export function openServedModel(baseUrl: string): Promise<readonly FileSource[]> {
  return Promise.all(parts.map(async (name) => bytesSource(await fetchFile(baseUrl, name), name)))
}
