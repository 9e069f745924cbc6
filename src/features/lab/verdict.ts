// What the measured rows say together, for one sentence under the chart. Pure.
import { shareOfFloor, type BenchRow, type Ceilings } from '../../engine/api'

export interface LabVerdict {
  /** Kernels whose work can be judged; steps are not among them. */
  readonly judged: number
  /** Of those, how many reach more than half of their roof. */
  readonly overHalf: number
  /** Of those, the one farthest below its roof. */
  readonly farthest: RankedRow | null
  /** Kernels so small that even on their roof they would take less than being started does. */
  readonly startedOnly: number
  /** Kernels that were tried in several ways. */
  readonly withChoice: number
  /** Of those, how many are computed in another than their own. */
  readonly otherwise: number
}

export interface RankedRow {
  readonly row: BenchRow
  /** Of what its roof allows: 1 is as fast as can be. */
  readonly share: number
}

export function verdictOf(rows: readonly BenchRow[], ceilings: Ceilings): LabVerdict {
  const kernels = rankedRows(rows, ceilings).filter(({ row }) => !isStep(row))
  const judged = kernels.filter(({ row, share }) => share * row.timing.value > ceilings.dispatchMs.value)
  return {
    judged: judged.length,
    overHalf: judged.filter(({ share }) => share > 0.5).length,
    farthest: judged.at(-1) ?? null,
    startedOnly: kernels.length - judged.length,
    withChoice: rows.filter(({ choice }) => choice).length,
    otherwise: rows.filter(({ choice }) => choice?.isTaken).length,
  }
}

/** Nearest to the roof first. */
export function rankedRows(rows: readonly BenchRow[], ceilings: Ceilings): RankedRow[] {
  return rows
    .map((row) => ({ row, share: shareOfFloor(row, ceilings) }))
    .toSorted((one, other) => other.share - one.share)
}

export function isStep({ what }: Pick<BenchRow, 'what'>): boolean {
  return what.startsWith('step/')
}

export function idOf({ what, name }: Pick<BenchRow, 'what' | 'name'>): string {
  return `${what}: ${name}`
}
