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

export function cellId({ model, precision }: CellKey): string {
  return `${model}-${precision}`
}

/** By `cellId`. */
export type MeasuredCells = Readonly<Partial<Record<string, CellMeasurement>>>
