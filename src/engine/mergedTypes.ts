// What a merged model can be stored in. A leaf: the page imports it, and none of what writes a model.

export const mergedDTypes = ['float32', 'float16', 'bfloat16'] as const
export type MergedDType = (typeof mergedDTypes)[number]

/** Bytes of the weights file, without its head. */
export function mergedBytes(parameters: number, dtype: MergedDType): number {
  return parameters * (dtype === 'float32' ? 4 : 2)
}
