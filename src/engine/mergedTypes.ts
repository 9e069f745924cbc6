// What a merged model can be stored in. A leaf: the page imports it, and none of what writes a model.
import type { Precision } from '../models/model'

/** In Hugging Face's layout, as safetensors. */
export const mergedDTypes = ['float32', 'float16', 'bfloat16'] as const
export type MergedDType = (typeof mergedDTypes)[number]

/** As GGUF, for llama.cpp: by the type that most of its matrices have. */
export const ggufTypes = ['F16', 'Q8_0', 'F32'] as const
export type GgufType = (typeof ggufTypes)[number]

/** Either, or an ONNX graph with its weights. */
export type MergedForm =
  | { readonly kind: 'safetensors'; readonly dtype: MergedDType }
  | { readonly kind: 'gguf'; readonly type: GgufType }
  | { readonly kind: 'onnx'; readonly precision: Precision }

export const mergedForms: readonly MergedForm[] = [
  ...mergedDTypes.map((dtype) => ({ kind: 'safetensors' as const, dtype })),
  ...ggufTypes.map((type) => ({ kind: 'gguf' as const, type })),
  ...(['float32', 'int8'] as const).map((precision) => ({ kind: 'onnx' as const, precision })),
]

/** How a form is called in cards, in the terminal and in file names. */
export function formName(form: MergedForm): string {
  switch (form.kind) {
    case 'safetensors':
      return form.dtype
    case 'gguf':
      return `GGUF ${form.type}`
    case 'onnx':
      return `ONNX ${form.precision}`
  }
}

/** What a merged model's GGUF file is called; its Modelfile names it. */
export function ggufFileName(type: GgufType): string {
  return `model-${type.toLowerCase()}.gguf`
}

/** A shard of a model in Hugging Face's layout has no more, but for a tensor that is larger. As the hub does: 5 GB. */
export const SHARD_BYTES = 5e9

/** Of a model, as its `ModelInfo` has them. */
interface Sizes {
  readonly parameters: number
  readonly vocabulary: number
  readonly width: number
  readonly hasTiedHead: boolean
}

/** An int8 value, and a float32 scale for each 32 of them; in GGUF that is half as long. */
const INT8_BYTES = 1 + 4 / 32
const ggufBytes: Readonly<Record<GgufType, number>> = { F32: 4, F16: 2, Q8_0: 1 + 2 / 32 }

/** Bytes of the weights, without what stands before them; of ONNX in int8 and of GGUF a little too few. */
export function mergedBytes({ parameters, vocabulary, width, hasTiedHead }: Sizes, form: MergedForm): number {
  if (form.kind === 'safetensors') return parameters * (form.dtype === 'float32' ? 4 : 2)
  if (form.kind === 'gguf') return parameters * ggufBytes[form.type]
  if (form.precision === 'float32') return parameters * 4
  const tables = vocabulary * width * (hasTiedHead ? 1 : 2)
  return 4 * tables + INT8_BYTES * (parameters - tables)
}
