// What a device was found to do best, as it is kept from one visit to the next: one small file. It is a cache, so what cannot
// be read, or is another device's, is as if it were not there, and what cannot be written is found out again.
import { decodeUtf8, encodeUtf8 } from '../base/bytes'
import { ways, type Way } from '../plan/kernelSpec'

/** How many times as fast as the kernel's own; or why it is ruled out: it did not compile, or gave another result. */
export type Verdict = number | 'failed' | 'wrong'

export interface KernelVerdicts {
  /** Fingerprint of the texts that were tried. */
  readonly source: number
  readonly verdicts: Readonly<Partial<Record<Way, Verdict>>>
}

export interface Choices {
  /** By kernel and shape. */
  readonly kernels: Map<string, KernelVerdicts>
  /** How often, since it last went well, trying began and did not end: the device was lost, or the tab was closed. */
  unfinished: number
}

export interface ChoiceStore {
  read(name: string): Promise<Uint8Array | null>
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
}

const FILE = 'choices.json'
/** Of what the file holds and how it was measured. */
const VERSION = 1

export async function readChoices(store: ChoiceStore | null, deviceName: string): Promise<Choices> {
  try {
    const bytes = await store?.read(FILE)
    if (bytes) return parseChoices(JSON.parse(decodeUtf8(bytes)), deviceName)
  } catch {
    // As if there were none.
  }
  return noChoices()
}

export async function writeChoices(store: ChoiceStore | null, deviceName: string, choices: Choices): Promise<void> {
  try {
    const { kernels, unfinished } = choices
    const file = { version: VERSION, deviceName, unfinished, kernels: Object.fromEntries(kernels) }
    await store?.write(FILE, encodeUtf8(JSON.stringify(file)))
  } catch {
    // The next visit measures again.
  }
}

function parseChoices(file: unknown, deviceName: string): Choices {
  const choices = noChoices()
  if (!isRecord(file) || file['version'] !== VERSION || file['deviceName'] !== deviceName) return choices
  if (typeof file['unfinished'] === 'number') choices.unfinished = file['unfinished']
  for (const [key, kept] of Object.entries(isRecord(file['kernels']) ? file['kernels'] : {})) {
    if (!isRecord(kept) || typeof kept['source'] !== 'number' || !isRecord(kept['verdicts'])) continue
    const verdicts: Partial<Record<Way, Verdict>> = {}
    for (const way of ways) {
      const verdict = kept['verdicts'][way]
      if (typeof verdict === 'number' || verdict === 'failed' || verdict === 'wrong') verdicts[way] = verdict
    }
    choices.kernels.set(key, { source: kept['source'], verdicts })
  }
  return choices
}

function noChoices(): Choices {
  return { kernels: new Map(), unfinished: 0 }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
