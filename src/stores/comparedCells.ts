// The 2 x 2 of a comparison: {base, adapter} x {float32, int8}.
import type { CellMeasurement, Precision } from '../engine/api'

export type ComparedModel = 'base' | 'adapter'
export const comparedModels: readonly ComparedModel[] = ['base', 'adapter']

export interface CellKey {
  readonly model: ComparedModel
  readonly precision: Precision
}

/** In the order of the table: everything about the base first. */
export const allCells: readonly CellKey[] = comparedModels.flatMap((model) => [
  { model, precision: 'float32' as const },
  { model, precision: 'int8' as const },
])

/** A column of answers: the current adapter, or another one of the shelf beside it. */
export interface AnswerKey extends CellKey {
  readonly adapterId?: string
}

/** Of the current adapter it is the id of its cell. */
export function answerId({ adapterId, ...key }: AnswerKey): string {
  return adapterId === undefined ? cellId(key) : `${cellId(key)}-${adapterId}`
}

export function cellId({ model, precision }: CellKey): string {
  return `${model}-${precision}`
}

/** By `cellId`. */
export type MeasuredCells = Readonly<Partial<Record<string, CellMeasurement>>>
