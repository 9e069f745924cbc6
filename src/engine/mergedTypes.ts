// What a merged model can be stored in. A leaf: the page imports it, and none of what writes a model.
import type { Precision } from '../plan/precision'

/** In Hugging Face's layout, as safetensors. */
export const mergedDTypes = ['float32', 'float16', 'bfloat16'] as const
export type MergedDType = (typeof mergedDTypes)[number]

/** As GGUF, for llama.cpp: by the type that most of its matrices have. */
export const ggufTypes = ['F16', 'Q8_0', 'F32'] as const
export type GgufType = (typeof ggufTypes)[number]

/** What an ONNX graph of ours holds. In halves it would widen them for every product: GGUF and safetensors are for that. */
export const onnxPrecisions = ['float32', 'int8'] as const satisfies readonly Precision[]
export type OnnxPrecision = (typeof onnxPrecisions)[number]

/** Either, or an ONNX graph with its weights. */
export type MergedForm =
  | { readonly kind: 'safetensors'; readonly dtype: MergedDType }
  | { readonly kind: 'gguf'; readonly type: GgufType }
  | { readonly kind: 'onnx'; readonly precision: OnnxPrecision }

export const mergedForms: readonly MergedForm[] = [
  ...mergedDTypes.map((dtype) => ({ kind: 'safetensors' as const, dtype })),
  ...ggufTypes.map((type) => ({ kind: 'gguf' as const, type })),
  ...onnxPrecisions.map((precision) => ({ kind: 'onnx' as const, precision })),
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

/** Of a value, its share of a scale included: one for each 32 of them, float32 in ONNX and a half in GGUF. */
const onnxBytes: Readonly<Record<OnnxPrecision, number>> = { float32: 4, int8: 1 + 4 / 32 }
const ggufBytes: Readonly<Record<GgufType, number>> = { F32: 4, F16: 2, Q8_0: 1 + 2 / 32 }

/** Bytes of the weights, without what stands before them; of int8 a little too few: norms and biases stay float32. */
export function mergedBytes({ parameters }: { readonly parameters: number }, form: MergedForm): number {
  switch (form.kind) {
    case 'safetensors':
      return parameters * (form.dtype === 'float32' ? 4 : 2)
    case 'gguf':
      return parameters * ggufBytes[form.type]
    case 'onnx':
      return parameters * onnxBytes[form.precision]
  }
}
