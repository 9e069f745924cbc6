// A tensor is a name, a shape and a role: a promise of bytes, not the bytes. Executors hold those.
import { assert } from '../base/assert'

/** i8 and f16 are storage only: kernels see them as packed u32 words and compute in f32. */
export type DType = 'f32' | 'u32' | 'i8' | 'f16'

/** What the bytes are for: the order and the names of every memory chart and table. */
export const roles = ['weights', 'adapter', 'gradients', 'optimizer', 'activations', 'cache', 'staging'] as const
export type Role = (typeof roles)[number]

export interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly role: Role
  /** True when the bytes outlive one run of a plan: weights, adapters, caches, inputs. */
  readonly isPersistent: boolean
  /** True when a loss can reach a trained parameter through this tensor. */
  readonly needsGradient: boolean
  /** The tensor whose bytes these are, from `offsetBytes` on; itself when it owns its bytes. */
  readonly base: Tensor
  readonly offsetBytes: number
}

export interface TensorOptions {
  readonly dtype?: DType
  readonly role: Role
  readonly isPersistent?: boolean
  readonly needsGradient?: boolean
}

/** WebGPU's minStorageBufferOffsetAlignment at its default: where a view may begin. */
export const VIEW_ALIGNMENT_BYTES = 256

export const bytesPerElement: Readonly<Record<DType, number>> = { f32: 4, u32: 4, i8: 1, f16: 2 }

export function makeTensor(name: string, shape: readonly number[], options: TensorOptions): Tensor {
  assert(
    shape.every((size) => Number.isInteger(size) && size > 0),
    `${name} has the shape [${shape.join(', ')}]`,
  )
  const { dtype = 'f32', role, isPersistent = false, needsGradient = false } = options
  const tensor = { name, shape, dtype, role, isPersistent, needsGradient, offsetBytes: 0 } as {
    -readonly [K in keyof Tensor]: Tensor[K]
  }
  tensor.base = tensor
  return tensor
}

/** A tensor that outlives a run: weights, adapters, optimizer state, caches, inputs. */
export function persistentTensor(name: string, shape: readonly number[], options: TensorOptions): Tensor {
  return makeTensor(name, shape, { ...options, isPersistent: true })
}

/** What every device can bind: WebGPU's maxStorageBufferBindingSize at its default. */
export const MAX_BINDING_BYTES = 128 * 2 ** 20

/** A window into `of`, `offsetBytes` after its start. It shares bytes, role and lifetime. */
export function viewTensor(of: Tensor, name: string, shape: readonly number[], offsetBytes: number): Tensor {
  const offset = of.offsetBytes + offsetBytes
  const view = { ...of, name, shape, offsetBytes: offset }
  assert(offset % VIEW_ALIGNMENT_BYTES === 0, `${name} begins at byte ${offset}, not a multiple of 256`)
  assert(offset + sizeBytes(view) <= sizeBytes(of.base), `${name} reaches beyond ${of.base.name}`)
  return view
}

/**
 * One window over matrices (or vectors) of one width that follow each other in one base: their rows, one below the other. null
 * where they do not follow each other.
 */
export function joinedRows(tensors: readonly Tensor[]): Tensor | null {
  const [first] = tensors
  if (!first) return null
  let end = first.offsetBytes
  for (const tensor of tensors) {
    if (tensor.base !== first.base || tensor.offsetBytes !== end) return null
    end += sizeBytes(tensor)
  }
  const rows = tensors.reduce((sum, { shape: [count = 1] }) => sum + count, 0)
  const name = tensors.map((tensor) => tensor.name).join(', ')
  return { ...first, name, shape: [rows, ...first.shape.slice(1)] }
}

/** One flat persistent tensor with a named view for each entry, so that one dispatch can read or update them all. */
export function slabTensor(
  name: string,
  entries: readonly { readonly name: string; readonly shape: readonly number[] }[],
  options: TensorOptions,
): { flat: Tensor; views: Tensor[] } {
  const offsets: number[] = []
  let bytes = 0
  const { dtype = 'f32' } = options
  for (const { shape } of entries) {
    offsets.push(bytes)
    bytes += roundUp(sizeBytes({ shape, dtype }), VIEW_ALIGNMENT_BYTES)
  }
  const flat = persistentTensor(name, [Math.max(bytes, VIEW_ALIGNMENT_BYTES) / bytesPerElement[dtype]], options)
  const views = entries.map((entry, index) => viewTensor(flat, entry.name, entry.shape, offsets[index] ?? 0))
  return { flat, views }
}

export function elementCount(tensor: { readonly shape: readonly number[] }): number {
  return tensor.shape.reduce((product, size) => product * size, 1)
}

/** Bytes of the elements, rounded up to the 4 that GPU copies want. */
export function sizeBytes(tensor: { readonly shape: readonly number[]; readonly dtype: DType }): number {
  return roundUp(elementCount(tensor) * bytesPerElement[tensor.dtype], 4)
}

/** Two windows into one tensor that have bytes in common. */
export function overlapInBytes(a: Tensor, b: Tensor): boolean {
  const isBefore = (one: Tensor, other: Tensor) => one.offsetBytes + sizeBytes(one) <= other.offsetBytes
  return a.base === b.base && !isBefore(a, b) && !isBefore(b, a)
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple
}

/** Rows and columns of a tensor seen as a matrix over its last axis. */
export function rowsAndColumns(tensor: Tensor): { rows: number; columns: number } {
  const columns = tensor.shape.at(-1) ?? 1
  return { rows: elementCount(tensor) / columns, columns }
}
