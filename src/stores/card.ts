// The model card of the current adapter: what is known of it, until a person changes it. What was written stays with
// the adapter, by the hash of its parameters, and so do the figures and curves of its run: neither stands in its file.
import { create } from 'zustand'
import * as v from 'valibot'
import { decodeUtf8, encodeUtf8 } from '../base/bytes'
import { MAX_CARD_CHARACTERS, readCard, withField, type CardProblem } from '../base/frontMatter'
import { precisions, type AdapterCardText } from '../engine/api'
import { catalogue } from '../hub/catalogue'
import { OpfsStore } from '../platform/opfsStore'
import { engine } from '../rpc/client'
import { useAdapter } from './adapter'
import { useModel } from './model'
import { useRun } from './run'
import { runHistory } from './runHistory'

export interface CardContents {
  readonly adapterSha256: string
  /** Made of what is known: where a person starts from, and comes back to. */
  readonly generated: string
  readonly text: string
  readonly problem: CardProblem | null
  /** The text as it last was without a problem: what goes into files. */
  readonly sound: string
  /** Of the run that made the adapter; null for one that was opened. */
  readonly curves: RunCurves | null
}

export type CardState =
  /** No adapter, or no card of it could be made: files then carry the one that is made as they are packed. */
  { readonly name: 'none' } | { readonly name: 'making' } | ({ readonly name: 'ready' } & CardContents)

interface CardStore {
  readonly state: CardState
  readonly write: (text: string) => void
  readonly startOver: () => void
}

const points = v.pipe(v.array(v.tuple([v.number(), v.number()])), v.maxLength(2000))
const curvesSchema = v.object({ precision: v.picklist(precisions), training: points, validation: points })
const recordSchema = v.object({
  generated: v.pipe(v.string(), v.maxLength(MAX_CARD_CHARACTERS)),
  written: v.nullable(v.pipe(v.string(), v.maxLength(MAX_CARD_CHARACTERS))),
  curves: v.nullable(curvesSchema),
})
/** Steps and losses; validation begins with the base, at step 0. */
export type RunCurves = v.InferOutput<typeof curvesSchema>
type CardRecord = v.InferOutput<typeof recordSchema>

/** As many points as a chart draws. */
const MOST_POINTS = 500
/** A person's pause: not every letter is worth a file. */
const SAVE_AFTER_MS = 400

const records = new OpfsStore('cards')
let unsaved: CardContents | null = null
let saving: ReturnType<typeof setTimeout> | undefined

export const useCard = create<CardStore>()((set, get) => ({
  state: { name: 'none' },
  write: (text) => {
    const { state } = get()
    if (state.name !== 'ready') return
    const next = { ...state, ...checked(text, state.sound) }
    set({ state: next })
    unsaved = next
    clearTimeout(saving)
    saving = setTimeout(() => void saveUnsaved(), SAVE_AFTER_MS)
  },
  startOver: () => {
    const { state, write } = get()
    if (state.name === 'ready') write(state.generated)
  },
}))

/** The card as a person left it; null where it is as it was made. */
export function writtenCard(): string | null {
  const { state } = useCard.getState()
  return state.name === 'ready' && state.sound !== state.generated ? state.sound : null
}

let following = 0

/** Makes the card of the current adapter, or finds the one that was written for it. */
async function follow(): Promise<void> {
  const turn = ++following
  await saveUnsaved()
  if (turn !== following) return
  const hasAdapter = useAdapter.getState().state.name === 'ready'
  useCard.setState({ state: { name: hasAdapter ? 'making' : 'none' } })
  if (!hasAdapter) return
  const named = await engine().adapterCard({ hasCurves: false })
  const record = await readRecord(named.adapterSha256)
  // Only now it is known whether the curves at hand are this adapter's.
  const curves = curvesOfRun(named.adapterSha256) ?? record?.curves ?? null
  const made = curves ? await engine().adapterCard({ hasCurves: true }) : named
  const contents = contentsOf(made, record, curves)
  if (turn !== following) return
  useCard.setState({ state: { name: 'ready', ...contents } })
  if (made.isTrainedHere) await save(contents)
}

function contentsOf(
  { adapterSha256, text, isTrainedHere }: AdapterCardText,
  record: CardRecord | null,
  curves: RunCurves | null,
): CardContents {
  const made = withLicence(text)
  // After a reload the engine knows the figures of the run no more: they stand in what was made then.
  const generated = isTrainedHere ? made : (record?.generated ?? made)
  return { adapterSha256, generated, curves, ...checked(record?.written ?? generated, generated) }
}

function checked(text: string, soundBefore: string): Pick<CardContents, 'text' | 'problem' | 'sound'> {
  const read = readCard(text)
  const problem = 'fault' in read ? read : null
  return { text, problem, sound: problem ? soundBefore : text }
}

/** A model of the list says its licence, which what is made from it inherits. */
function withLicence(text: string): string {
  const { state } = useModel.getState()
  const known = state.name === 'ready' ? catalogue.find(({ id }) => id === state.info.id) : undefined
  return known ? withField(text, 'license', known.licence) : text
}

/** The curves of the run that has just ended, if it made this adapter. */
function curvesOfRun(adapterSha256: string): RunCurves | null {
  const { state, settings } = useRun.getState()
  if (state.name !== 'finished' || state.result.adapterSha256 !== adapterSha256 || !settings) return null
  const training = runHistory.steps.map(({ step, loss }): [number, number] => [step, loss])
  const validation = runHistory.validations.map(({ step, loss }): [number, number] => [step, loss])
  if (training.length === 0) return null
  return { precision: settings.precision, training: thinned(training), validation: thinned(validation) }
}

/** Every so many points, and the last one. */
function thinned(all: readonly [number, number][]): [number, number][] {
  const every = Math.ceil(all.length / MOST_POINTS)
  return all.filter(([, loss], index) => Number.isFinite(loss) && (index % every === 0 || index === all.length - 1))
}

async function readRecord(adapterSha256: string): Promise<CardRecord | null> {
  const bytes = await records.read(fileOf(adapterSha256)).catch(() => null) // no storage: the card is made anew
  if (!bytes) return null
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), recordSchema), decodeUtf8(bytes))
  return parsed.success ? parsed.output : null
}

async function save({ adapterSha256, generated, text, curves }: CardContents): Promise<void> {
  const record: CardRecord = { generated, written: text === generated ? null : text, curves }
  // Where storage is full or missing the card lives as long as the tab.
  await records.write(fileOf(adapterSha256), encodeUtf8(JSON.stringify(record))).catch(() => undefined)
}

async function saveUnsaved(): Promise<void> {
  clearTimeout(saving)
  const last = unsaved
  unsaved = null
  if (last) await save(last)
}

function fileOf(adapterSha256: string): string {
  return `${adapterSha256}.json`
}

useAdapter.subscribe((now, before) => {
  if (now.state === before.state) return
  follow().catch(() => useCard.setState({ state: { name: 'none' } }))
})
