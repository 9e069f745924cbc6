// What linear_sizes.wgsl declares. A step of a whole weight has all outputs, from the first on.
import { assert } from '../../base/assert'

export interface LinearSizes {
  readonly rows: number
  readonly columns: number
  readonly outputs: number
  readonly allOutputs: number
  readonly firstOutput: number
  readonly secondPlane: number
  readonly thirdPlane: number
}

/** The same, for shapes: an interface has no index signature. */
export type LinearSizesShape = { -readonly [K in keyof LinearSizes]: number }

/** Outputs of each of the layers that one step computes: multiples of 8 where there are several. */
export type Planes = readonly number[]

export const MAX_PLANES = 3
export const PLANE_MULTIPLE = 8

type WholeSizes = Pick<LinearSizes, 'rows' | 'columns' | 'outputs'>

/** The members of `Sizes`, in their order. */
export function linearSizes({
  rows,
  columns,
  outputs,
  allOutputs = outputs,
  firstOutput = 0,
  planes = [allOutputs],
}: WholeSizes & Partial<LinearSizes> & { readonly planes?: Planes }): Readonly<LinearSizesShape> {
  const ends = planes.map((_, plane) => planes.slice(0, plane + 1).reduce((sum, count) => sum + count, 0))
  assert(planes.length <= MAX_PLANES && ends.at(-1) === allOutputs, `planes of ${planes.join(', ')}`)
  const [secondPlane = allOutputs, thirdPlane = allOutputs] = ends
  return { rows, columns, outputs, allOutputs, firstOutput, secondPlane, thirdPlane }
}

/** Those of `linearSizes`, for a shape that has more. */
export function sizesOf(shape: LinearSizes): Readonly<LinearSizesShape> {
  const { rows, columns, outputs, allOutputs, firstOutput, secondPlane, thirdPlane } = shape
  return { rows, columns, outputs, allOutputs, firstOutput, secondPlane, thirdPlane }
}

export function planeCount({ allOutputs, secondPlane, thirdPlane }: PlaneBorders): number {
  return 1 + Number(secondPlane < allOutputs) + Number(thirdPlane < allOutputs)
}

type PlaneBorders = Pick<LinearSizes, 'allOutputs' | 'secondPlane' | 'thirdPlane'>

export function planeOf({ secondPlane, thirdPlane }: PlaneBorders, output: number): number {
  return Number(output >= secondPlane) + Number(output >= thirdPlane)
}

/** Where the outputs of a row lie in y and dy: see linear_sizes.wgsl. */
export function placesOf(sizes: LinearSizes, row: number): Uint32Array {
  const { rows, outputs, allOutputs, firstOutput, secondPlane, thirdPlane } = sizes
  const borders = [0, secondPlane, thirdPlane, allOutputs]
  return Uint32Array.from({ length: outputs }, (_, output) => {
    const plane = planeOf(sizes, output)
    const [begin = 0, end = allOutputs] = borders.slice(plane)
    return rows * begin + row * (end - begin) + firstOutput + output - begin
  })
}
