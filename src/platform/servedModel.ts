// The model that this page is served with.
import { bytesSource, type FileSource } from '../formats/fileSource'
import { fetchFile } from './fetchFile'

const parts = ['config.json', 'tokenizer.json', 'model.safetensors']

/** @throws AppError `file/not-readable` when a file is missing or the connection fails. */
export function openServedModel(baseUrl: string): Promise<readonly FileSource[]> {
  return Promise.all(parts.map(async (name) => bytesSource(await fetchFile(baseUrl, name), name)))
}
