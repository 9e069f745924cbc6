// How kernels that need one sum of each row share rows out among lanes.
//
// Few lanes to a row, each with many elements, and several rows to a workgroup: a batch has rows enough to fill a GPU,
// four lanes read 64 neighbouring bytes, and a software adapter pays for every four lanes that meet at a barrier: with 64
// lanes to a row a norm took five to ten times as long. Decoding has one row, and wants all lanes on it.
import { gridOf } from '../plan/kernelSpec'
import { elementsSource, type ElementWidth } from './elementWidth'
import rowSum from './snippets/row_sum.wgsl?raw'

/** What precedes the text of such a kernel. */
export function rowSource(width: ElementWidth): readonly string[] {
  return [elementsSource[width], rowSum]
}

const WORKGROUP_SIZE = 32 // as in row_sum.wgsl
const BATCH_LANES = 4
/** Fewer rows than this do not fill a GPU with so few lanes each. */
const LEAST_BATCH_ROWS = 16

export function rowConstants({ rows, columns }: { rows: number; columns: number }): Record<string, number> {
  return { ROWS: rows, COLUMNS: columns, ROW_LANES: rowLanes(rows) }
}

export function rowWorkgroups({ rows }: { rows: number }): readonly [number, number, number] {
  return gridOf(Math.ceil((rows * rowLanes(rows)) / WORKGROUP_SIZE))
}

function rowLanes(rows: number): number {
  return rows < LEAST_BATCH_ROWS ? WORKGROUP_SIZE : BATCH_LANES
}
