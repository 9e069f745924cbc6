// A comparison as a file: the measured cells with the model and the device they belong to, and nothing of anybody's
// text. Somebody else opens it beside their own. A file is read strictly: it comes from anywhere.
import * as v from 'valibot'
import { AppError } from '../base/errors'
import type { CellMeasurement } from '../engine/api'
import { roles } from '../plan/tensor'
import { cellId, type MeasuredCells } from './comparedCells'

export interface ComparisonReport {
  readonly madeAt: string
  readonly model: { readonly name: string; readonly sha256: string; readonly parameters: number }
  readonly device: { readonly name: string; readonly isSoftware: boolean }
  readonly adapterParameters: number | null
  readonly cells: readonly CellMeasurement[]
}

const FORMAT = 'plume-comparison'
const VERSION = 1

/** A report is four cells of a dozen figures: a few kilobytes. */
export const MAX_REPORT_BYTES = 256 * 1024

const name = v.pipe(v.string(), v.maxLength(300))
const amount = v.pipe(v.number(), v.finite(), v.minValue(0))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const share = v.pipe(amount, v.maxValue(1))
const measurement = v.strictObject({ value: amount, spread: amount, n: count })

const cellSchema = v.strictObject({
  precision: v.picklist(['float32', 'int8']),
  usesAdapter: v.boolean(),
  memory: v.strictObject(v.entriesFromList(roles, count)),
  linearWeightBytes: count,
  int8Products: v.nullable(v.strictObject({ speedup: amount, isUsed: v.boolean() })),
  loadMs: amount,
  prefillTokensPerSecond: measurement,
  decodeTokensPerSecond: measurement,
  firstTokenMs: measurement,
  validationLoss: v.nullable(measurement),
  generalLoss: measurement,
  fromReference: v.nullable(
    v.strictObject({ divergence: measurement, agreement: v.strictObject({ ...measurement.entries, value: share }) }),
  ),
})

const reportSchema = v.strictObject({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  madeAt: v.pipe(v.string(), v.isoTimestamp()),
  model: v.strictObject({ name, sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), parameters: count }),
  device: v.strictObject({ name, isSoftware: v.boolean() }),
  adapterParameters: v.nullable(count),
  cells: v.pipe(v.array(cellSchema), v.minLength(1), v.maxLength(4)),
})

export function writeReport(report: ComparisonReport): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...report }, null, 2)}\n`
}

/** @throws AppError `comparison/invalid` */
export function readReport(text: string): ComparisonReport {
  const refuse = (message: string) => new AppError('comparison/invalid', { message })
  if (text.length > MAX_REPORT_BYTES) throw refuse(`${text.length} characters are more than a comparison has`)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (thrown) {
    throw new AppError('comparison/invalid', { message: 'it is not JSON', cause: thrown })
  }
  const read = v.safeParse(reportSchema, json)
  if (!read.success) {
    const [issue] = read.issues
    throw refuse(`${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`)
  }
  const { madeAt, model, device, adapterParameters, cells } = read.output
  if (new Set(cells.map(idOfCell)).size < cells.length) throw refuse('a cell is there twice')
  return { madeAt, model, device, adapterParameters, cells }
}

export function cellsOfReport({ cells }: ComparisonReport): MeasuredCells {
  return Object.fromEntries(cells.map((cell) => [idOfCell(cell), cell]))
}

function idOfCell({ usesAdapter, precision }: Pick<CellMeasurement, 'usesAdapter' | 'precision'>): string {
  return cellId({ model: usesAdapter ? 'adapter' : 'base', precision })
}
