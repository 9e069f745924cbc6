// What was measured as a file: the device in its own words, its ceilings and every row, in the units of the bench.
import { shareOfFloor, type BenchRow } from '../engine/api'
import type { Findings } from './lab'

const FORMAT = 'plume-lab'
const VERSION = 1

export interface LabReport extends Findings {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  readonly rows: readonly (BenchRow & { readonly shareOfFloor: number })[]
}

/** Times in milliseconds, rates per second, work in operations and bytes. */
export function labReport(findings: Findings): LabReport {
  const { rows, ceilings } = findings
  return {
    format: FORMAT,
    version: VERSION,
    ...findings,
    rows: rows.map((row) => ({ ...row, shareOfFloor: shareOfFloor(row, ceilings) })),
  }
}
