// What linear_sizes.wgsl declares. A step of a whole weight has all outputs, from the first on.

export interface LinearSizes {
  readonly rows: number
  readonly columns: number
  readonly outputs: number
  readonly allOutputs: number
  readonly firstOutput: number
}

type WholeSizes = Pick<LinearSizes, 'rows' | 'columns' | 'outputs'>

/** The members of `Sizes`, in their order. */
export function linearSizes({
  rows,
  columns,
  outputs,
  allOutputs = outputs,
  firstOutput = 0,
}: WholeSizes & Partial<LinearSizes>): { readonly [K in keyof LinearSizes]: number } {
  return { rows, columns, outputs, allOutputs, firstOutput }
}
