// How kernels that need one sum of each row share rows out among lanes.
//
// Few lanes to a row, each with many elements, and several rows to a workgroup: a batch has rows enough to fill a GPU,
// four lanes read 64 neighbouring bytes, and a software adapter pays for every four lanes that meet at a barrier (8 times
// the whole of a norm with 64 lanes to a row). Decoding has one row, and wants all lanes on it.
import { gridOf } from '../plan/kernelSpec'
import rowScalar from './snippets/row_scalar.wgsl?raw'
import rowSum from './snippets/row_sum.wgsl?raw'
import rowVec4 from './snippets/row_vec4.wgsl?raw'

/** Elements that a lane takes at a time. */
export type RowWidth = 1 | 4

/** What precedes the text of such a kernel. */
export const rowSource: Readonly<Record<RowWidth, readonly string[]>> = {
  1: [rowScalar, rowSum],
  4: [rowVec4, rowSum],
}

const WORKGROUP_SIZE = 32 // as in row_sum.wgsl
const BATCH_LANES = 4
/** Fewer rows than this do not fill a GPU with so few lanes each. */
const LEAST_BATCH_ROWS = 16

export function rowWidthOf(columns: number): RowWidth {
  return columns % 4 === 0 ? 4 : 1
}

export function rowConstants({ rows, columns }: { rows: number; columns: number }): Record<string, number> {
  return { ROWS: rows, COLUMNS: columns, ROW_LANES: rowLanes(rows) }
}

export function rowWorkgroups({ rows }: { rows: number }): readonly [number, number, number] {
  return gridOf(Math.ceil((rows * rowLanes(rows)) / WORKGROUP_SIZE))
}

/** One kernel for each way to read a row. */
export function forRowWidths<T>(make: (width: RowWidth) => T): Readonly<Record<RowWidth, T>> {
  return { 1: make(1), 4: make(4) }
}

function rowLanes(rows: number): number {
  return rows < LEAST_BATCH_ROWS ? WORKGROUP_SIZE : BATCH_LANES
}
