// What a run leaves in its folder: the PEFT files and metrics.jsonl for others, .plume for itself (request,
// checkpoints, lock), which goes when the run is finished.
import { appendFileSync, existsSync, readFileSync, rmdirSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CONFIG_FILE, WEIGHTS_FILE } from '../adapters/adapterArchive'
import { encodeUtf8 } from '../base/bytes'
import type { AdapterExport, NamedFile, RunEvent, StepMetrics, ValidationMetrics } from '../engine/api'
import { RunFiles, type StoredRun } from '../engine/runFiles'
import { lockFolder } from './folderLock'
import { FolderStore, replaceFile } from './folderStore'
import { UsageError } from './usageError'

export const RUN_ID = 'run'
export const METRICS_FILE = 'metrics.jsonl'
const STATE_FOLDER = '.plume'

export interface UnfinishedFolderRun extends StoredRun {
  /** Steps done at the last checkpoint. */
  readonly step: number
  readonly events: readonly RunEvent[]
}

export class RunFolder {
  readonly path: string
  readonly store: FolderStore
  readonly #state: string
  readonly #files: RunFiles

  constructor(path: string) {
    this.path = path
    this.#state = join(path, STATE_FOLDER)
    this.store = new FolderStore(this.#state)
    this.#files = new RunFiles(this.store)
  }

  get metricsPath(): string {
    return join(this.path, METRICS_FILE)
  }

  /** Holds the folder for this process. @throws UsageError when another one has it */
  async lock(): Promise<() => void> {
    await mkdir(this.path, { recursive: true })
    const release = lockFolder(this.#state)
    if (!release) throw new UsageError(`another process is training into ${this.path}`)
    return () => {
      release()
      removeEmpty(this.#state)
      removeEmpty(this.path)
    }
  }

  /** The run that was begun here and has not ended, or null. */
  async unfinished(): Promise<UnfinishedFolderRun | null> {
    if (!(await this.#files.runIds()).includes(RUN_ID)) return null
    const stored = await this.#files.loadRequest(RUN_ID)
    const checkpoint = await this.#files.checkpoints(RUN_ID).latest()
    const { events } = await this.#files.loadCurves(RUN_ID)
    return { ...stored, step: checkpoint?.state.step ?? 0, events }
  }

  /** @throws UsageError when something would be lost by training into this folder */
  async checkEmpty(): Promise<void> {
    if ((await this.#files.runIds()).includes(RUN_ID)) {
      throw new UsageError(`${this.path} holds an unfinished run: --resume goes on with it, --overwrite discards it`)
    }
    const found = [CONFIG_FILE, WEIGHTS_FILE, METRICS_FILE].find((name) => existsSync(join(this.path, name)))
    if (found !== undefined) {
      throw new UsageError(`${join(this.path, found)} exists: choose another --out, or --overwrite`)
    }
  }

  /** Forgets an earlier run. The adapter stays until a new one takes its place. */
  async clear(): Promise<void> {
    await this.#files.discard(RUN_ID)
    await rm(this.metricsPath, { force: true })
  }

  async writeAdapter(exported: AdapterExport): Promise<void> {
    for (const { name, bytes } of adapterFilesOf(exported)) await replaceFile(join(this.path, name), bytes)
    await rm(this.#state, { recursive: true, force: true })
  }
}

/** Of one adapter, for a folder: PEFT's, llama.cpp's, and what tells Ollama of that. */
export function adapterFilesOf({ files, gguf, modelfile }: AdapterExport): readonly NamedFile[] {
  return [...files, gguf, ...(modelfile ? [modelfile] : [])]
}

/** A command that failed before it wrote anything leaves no folders behind. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It holds something, or is gone.
  }
}

export type Metrics = StepMetrics | ValidationMetrics

export function isMetrics(event: RunEvent): event is Metrics {
  return event.kind === 'step' || event.kind === 'validation'
}

/** metrics.jsonl: one line for each step and each validation, each once, however often the run was resumed. */
export class MetricsFile {
  readonly #path: string
  readonly #known: Set<string>

  private constructor(path: string, known: readonly Metrics[]) {
    this.#path = path
    this.#known = new Set(known.map(keyOf))
  }

  /** What the checkpoint at `step` knows stays; what was measured after it will be measured again. */
  static async open(path: string, step: number, events: readonly RunEvent[]): Promise<MetricsFile> {
    const lines = new Map<string, Metrics>()
    for (const metrics of [...events.filter(isMetrics), ...readMetrics(path)]) {
      if (metrics.step <= step) lines.set(keyOf(metrics), metrics)
    }
    const ordered = [...lines.values()].sort((a, b) => a.step - b.step || a.kind.localeCompare(b.kind))
    await replaceFile(path, encodeUtf8(ordered.map(lineOf).join('')))
    return new MetricsFile(path, ordered)
  }

  /** False when the line is there already. */
  add(metrics: Metrics): boolean {
    if (this.#known.has(keyOf(metrics))) return false
    this.#known.add(keyOf(metrics))
    appendFileSync(this.#path, lineOf(metrics))
    return true
  }
}

function readMetrics(path: string): Metrics[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const metrics = JSON.parse(line) as Metrics // our own lines; others fail the test below
        return isMetrics(metrics) && Number.isInteger(metrics.step) ? [metrics] : []
      } catch {
        return [] // the end of the file, or a line that a killed process did not finish
      }
    })
}

function keyOf({ kind, step }: Metrics): string {
  return `${kind} ${step}`
}

function lineOf(metrics: Metrics): string {
  return `${JSON.stringify(metrics)}\n`
}
