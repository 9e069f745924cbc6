// Paths from a command line as what the engine and the readers take.
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CONFIG_FILE, WEIGHTS_FILE } from '../adapters/adapterArchive'
import { AppError } from '../base/errors'
import type { NamedFile } from '../engine/api'
import { filesIn } from './folderSource'
import { readBytes } from './nodeEngine'
import { METRICS_FILE } from './runFolder'

const MODEL_CONFIG = 'config.json'
const ADAPTER_FILES: readonly string[] = [CONFIG_FILE, WEIGHTS_FILE]
const MODEL_FILES: readonly string[] = [MODEL_CONFIG, 'tokenizer.json']

/** The model that comes with Plume. */
export const EMBEDDED_MODEL = resolve(import.meta.dirname, '../../public/models/plume-stories')

export type PathKind = 'model' | 'adapter' | 'corpus'

/** What stands at a path, by its names: weights are not opened for it. @throws AppError `file/not-readable` */
export function kindOfPath(path: string): PathKind {
  if (isGguf(path)) return 'model'
  const folder = folderOf(path)
  if (folder !== null && existsSync(join(folder, CONFIG_FILE))) return 'adapter'
  if (folder !== null && existsSync(join(folder, MODEL_CONFIG))) return 'model'
  if (isFolder(path)) {
    throw unreadable(path, `neither a model (${MODEL_CONFIG}) nor an adapter (${CONFIG_FILE}) is in this folder`)
  }
  return path.endsWith('.zip') ? 'adapter' : 'corpus'
}

/** Where a model is: its folder, given as itself or as one of its files, or its GGUF file. Null: the embedded one. */
export function modelLocation(path: string | null): string {
  if (path === null) return EMBEDDED_MODEL
  if (isGguf(path) && existsSync(path)) return resolve(path)
  const folder = isFolder(path) ? path : folderOf(path)
  if (folder === null) throw unreadable(path, 'neither a folder nor the file of a model')
  if (!existsSync(join(folder, MODEL_CONFIG))) throw unreadable(path, `no ${MODEL_CONFIG} there`)
  return resolve(folder)
}

/** The files of a PEFT folder or one zip, for the adapter's reader. */
export async function adapterFiles(path: string): Promise<NamedFile[]> {
  if (isFolder(path) || ADAPTER_FILES.includes(basename(path))) {
    const folder = isFolder(path) ? path : dirname(path)
    // All of them: the reader says what a pickle or a foreign file in their place is.
    const names = (await filesIn(folder)).filter((name) => name !== METRICS_FILE)
    return readAll(names.map((name) => join(folder, name)))
  }
  return readAll([path])
}

export async function readAll(paths: readonly string[]): Promise<NamedFile[]> {
  return Promise.all(paths.map(async (path) => ({ name: basename(path), bytes: await readBytes(path) })))
}

function isGguf(path: string): boolean {
  return path.toLowerCase().endsWith('.gguf')
}

/** The folder that a model's or an adapter's file stands in, or the folder itself; null for other files. */
function folderOf(path: string): string | null {
  if (isFolder(path)) return [MODEL_CONFIG, CONFIG_FILE].some((name) => existsSync(join(path, name))) ? path : null
  const isPart = path.endsWith('.safetensors') || [...MODEL_FILES, ...ADAPTER_FILES].includes(basename(path))
  return isPart ? dirname(path) : null
}

function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw unreadable(path, 'no such file or folder')
  return found.isDirectory()
}

function unreadable(path: string, reason: string): AppError {
  return new AppError('file/not-readable', { message: `${path}: ${reason}`, details: { name: path } })
}
