// The figures of a cell, in the order of the table: one description for what was measured here and for a report that
// somebody else made.
import type { CellMeasurement, Measurement } from '../../engine/api'
import { totalBytes } from '../../plan/memory'

/** One figure of one cell: a value, and its spread where it was measured more than once. */
export type Reading = { readonly value: number } & Partial<Pick<Measurement, 'spread' | 'n'>>

export type FigureFormat = 'bytes' | 'milliseconds' | 'rate' | 'loss' | 'significant' | 'nats' | 'percent'

export interface FigureRow {
  readonly id:
    | 'linearBytes'
    | 'allWeights'
    | 'cache'
    | 'totalBytes'
    | 'loading'
    | 'firstTokenTitle'
    | 'prefill'
    | 'decode'
    | 'loss'
    | 'perplexity'
    | 'generalPerplexity'
    | 'divergence'
    | 'agreement'
  readonly format: FigureFormat
  /** null: there is no such figure of this cell. */
  readonly read: (cell: CellMeasurement) => Reading | null
}

export const figureGroups: readonly {
  readonly id: 'size' | 'time' | 'quality'
  readonly rows: readonly FigureRow[]
}[] = [
  {
    id: 'size',
    rows: [
      { id: 'linearBytes', format: 'bytes', read: (cell) => ({ value: cell.linearWeightBytes }) },
      { id: 'allWeights', format: 'bytes', read: ({ memory }) => ({ value: memory.weights }) },
      { id: 'cache', format: 'bytes', read: ({ memory }) => ({ value: memory.cache }) },
      { id: 'totalBytes', format: 'bytes', read: ({ memory }) => ({ value: totalBytes(memory) }) },
    ],
  },
  {
    id: 'time',
    rows: [
      { id: 'loading', format: 'milliseconds', read: ({ loadMs }) => ({ value: loadMs }) },
      { id: 'firstTokenTitle', format: 'milliseconds', read: ({ firstTokenMs }) => firstTokenMs },
      { id: 'prefill', format: 'rate', read: ({ prefillTokensPerSecond }) => prefillTokensPerSecond },
      { id: 'decode', format: 'rate', read: ({ decodeTokensPerSecond }) => decodeTokensPerSecond },
    ],
  },
  {
    id: 'quality',
    rows: [
      { id: 'loss', format: 'loss', read: ({ validationLoss }) => validationLoss },
      {
        id: 'perplexity',
        format: 'significant',
        read: ({ validationLoss }) => validationLoss && perplexityOf(validationLoss),
      },
      { id: 'generalPerplexity', format: 'significant', read: ({ generalLoss }) => perplexityOf(generalLoss) },
      { id: 'divergence', format: 'nats', read: ({ fromReference }) => fromReference?.divergence ?? null },
      { id: 'agreement', format: 'percent', read: ({ fromReference }) => fromReference?.agreement ?? null },
    ],
  },
]

/** e to the loss; its spread to first order. */
function perplexityOf({ value, spread, n }: Measurement): Measurement {
  return { value: Math.exp(value), spread: Math.exp(value) * spread, n }
}
