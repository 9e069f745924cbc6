// What a merged model can be stored in. A leaf: the page imports it, and none of what writes a model.
import type { Precision } from '../models/model'

/** In Hugging Face's layout, as safetensors. */
export const mergedDTypes = ['float32', 'float16', 'bfloat16'] as const
export type MergedDType = (typeof mergedDTypes)[number]

/** The same, or an ONNX graph with its weights. */
export type MergedForm =
  | { readonly kind: 'safetensors'; readonly dtype: MergedDType }
  | { readonly kind: 'onnx'; readonly precision: Precision }

export const mergedForms: readonly MergedForm[] = [
  ...mergedDTypes.map((dtype) => ({ kind: 'safetensors' as const, dtype })),
  ...(['float32', 'int8'] as const).map((precision) => ({ kind: 'onnx' as const, precision })),
]

/** How a form is called in cards, in the terminal and in file names. */
export function formName(form: MergedForm): string {
  return form.kind === 'onnx' ? `ONNX ${form.precision}` : form.dtype
}

/** Of a model, as its `ModelInfo` has them. */
interface Sizes {
  readonly parameters: number
  readonly vocabulary: number
  readonly width: number
  readonly hasTiedHead: boolean
}

/** An int8 value, and a float32 scale for each 32 of them. */
const INT8_BYTES = 1 + 4 / 32

/** Bytes of the weights, without what stands before them; of ONNX in int8 a little too few. */
export function mergedBytes({ parameters, vocabulary, width, hasTiedHead }: Sizes, form: MergedForm): number {
  if (form.kind === 'safetensors') return parameters * (form.dtype === 'float32' ? 4 : 2)
  if (form.precision === 'float32') return parameters * 4
  const tables = vocabulary * width * (hasTiedHead ? 1 : 2)
  return 4 * tables + INT8_BYTES * (parameters - tables)
}
