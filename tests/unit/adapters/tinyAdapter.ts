// A small adapter of a two-layer model, and its folder with changes.
import { encodeUtf8 } from '../../../src/base/bytes'
import type { NamedFile } from '../../../src/adapters/adapterArchive'
import { type PeftAdapterToWrite, peftFiles } from '../../../src/adapters/peft'
import { float32Tensor, type NamedTensor, serializeSafetensors } from '../../../src/formats/safetensors'

const modules = ['model.layers.0.self_attn.q_proj', 'model.layers.1.self_attn.q_proj', 'model.layers.1.mlp.down_proj']

export const tinyAdapter: PeftAdapterToWrite = {
  rank: 2,
  alpha: 4,
  useRsLora: false,
  fanInFanOut: false,
  dropout: 0,
  targets: ['q_proj', 'down_proj'],
  baseModel: 'plume-stories',
  tensors: modules.flatMap((path, index) => [
    { name: `${path}.lora_A`, shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, i) => i / 7 + index) },
    { name: `${path}.lora_B`, shape: [4, 2], data: Float32Array.from({ length: 8 }, (_, i) => i / 11 - index) },
  ]),
  metadata: { made_with: 'Plume', base_sha256: 'ab' },
}

export const configOf = (files: readonly NamedFile[]): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(files[0]?.bytes)) as Record<string, unknown>

/** The folder with keys of its config replaced; undefined removes a key. */
export function withConfig(change: Record<string, unknown>): NamedFile[] {
  return withConfigText(JSON.stringify({ ...configOf(peftFiles(tinyAdapter)), ...change }))
}

export function withConfigText(text: string): NamedFile[] {
  const [config, ...rest] = peftFiles(tinyAdapter)
  return [{ name: config?.name ?? '', bytes: encodeUtf8(text) }, ...rest]
}

/** The folder with other weights: names as they stand in the file. */
export function withTensors(change: (tensors: NamedTensor[]) => NamedTensor[]): NamedFile[] {
  const [config, weights] = peftFiles(tinyAdapter)
  const tensors = tinyAdapter.tensors.map(({ name, shape, data }) =>
    float32Tensor(`base_model.model.${name}.weight`, shape, data),
  )
  return [config, weights && { name: weights.name, bytes: serializeSafetensors(change(tensors)) }].filter(
    (file) => file !== undefined,
  )
}
