// The loaded model as an ONNX file in memory, with an adapter merged in or without.
import { AppError } from '../base/errors'
import { MAX_ONNX_BYTES } from '../formats/onnx'
import { loadWeights } from '../models/weights'
import { onnxDecoder } from '../onnx/decoder'
import { onnxFile } from '../onnx/onnxFile'
import type { LoadedModel } from './loadedModel'
import { mergedTensor, type MergeSource } from './mergedModel'
import { mergedBytes, type OnnxPrecision } from './mergedTypes'

export interface OnnxModelOptions {
  readonly precision: OnnxPrecision
  /** null: the base as it is. */
  readonly merge: MergeSource | null
}

/** @throws AppError `share/too-large` beyond what one ONNX file can hold */
export async function onnxModel(
  loaded: LoadedModel,
  { precision, merge }: OnnxModelOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { config, info } = loaded
  if (mergedBytes(info, { kind: 'onnx', precision }) > 0.99 * MAX_ONNX_BYTES) {
    throw new AppError('share/too-large', { message: `${info.parameters} parameters in one ONNX file` })
  }
  const decoder = onnxDecoder(config, precision)
  const file = onnxFile(decoder, { base: info.id, base_sha256: info.sha256 })
  if (merge) {
    await loadWeights(
      decoder.model,
      async (name, shape) => (await mergedTensor(merge, name, shape)).floats,
      (tensor, data) => file.write(tensor, data),
    )
  } else await loaded.fill(decoder.model, (tensor, data) => file.write(tensor, data))
  return file.bytes
}
