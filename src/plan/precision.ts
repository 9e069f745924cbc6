/** How the matrices of a frozen base are stored; what is computed with them is float32. */
export const precisions = ['float32', 'float16', 'int8'] as const
export type Precision = (typeof precisions)[number]
