// A graph as the bytes of an ONNX file.
import { assert, defined } from '../base/assert'
import { bytesOf } from '../base/bytes'
import { halvesToFloats } from '../base/float16'
import { onnxPieces, onnxTensorBytes, type OnnxNode } from '../formats/onnx'
import { elementCount, type Tensor } from '../plan/tensor'
import type { OnnxGraphBuilder } from './graphBuilder'

export interface OnnxFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Sets the values of one of the model's tensors, as they go to a device. */
  readonly write: (tensor: Tensor, data: ArrayBufferView) => void
}

/** The file, with room for the weights. What no output needs is left out. */
export function onnxFile(
  { builder, name }: { readonly builder: OnnxGraphBuilder; readonly name: string },
  metadata: Readonly<Record<string, string>>,
): OnnxFile {
  const { inputs, outputs, weights } = builder
  const { nodes, read } = neededNodes(builder)
  const constants = builder.constants.filter(({ initializer }) => read.has(initializer.name))
  const initializers = [...constants, ...weights].map(({ initializer }) => initializer)
  const { pieces, sizeBytes } = onnxPieces({ name, nodes, inputs, outputs, initializers, metadata })
  const bytes = new Uint8Array(sizeBytes)
  const placeOf = new Map<Tensor, number>()
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    bytes.set(piece, at)
    at += piece.byteLength
    const initializer = initializers[index]
    if (!initializer) continue
    const constant = constants[index]
    if (constant) bytes.set(constant.bytes, at)
    else placeOf.set(defined(weights[index - constants.length], initializer.name).tensor, at)
    at += onnxTensorBytes(initializer)
  }
  assert(at === sizeBytes, `wrote ${at} of ${sizeBytes} bytes`)
  return {
    bytes,
    write: (tensor, data) => {
      const place = placeOf.get(tensor)
      if (place === undefined) return // no step reads it
      bytes.set(bytesOf(asStored(tensor, bytesOf(data))), place)
    },
  }
}

/** The nodes that an output depends on, in their order, and the names of all that they read. */
function neededNodes({ nodes, outputs }: OnnxGraphBuilder): { nodes: OnnxNode[]; read: Set<string> } {
  const read = new Set(outputs.map(({ name }) => name))
  const needed: OnnxNode[] = []
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => read.has(output))) continue
    needed.push(node)
    for (const input of node.inputs) read.add(input)
  }
  return { nodes: needed.reverse(), read }
}

/** From the bytes a device holds to what a file holds: signed int8 becomes unsigned around 128, halves become floats. */
function asStored(tensor: Tensor, data: Uint8Array): Uint8Array | Float32Array {
  if (tensor.dtype === 'i8') return unsigned(data)
  if (tensor.dtype !== 'f16') return data
  return halvesToFloats(new Uint16Array(data.slice().buffer).subarray(0, elementCount(tensor)))
}

/** Signed int8 as MatMulNBits wants it, around 128. */
export function unsigned(values: Uint8Array): Uint8Array {
  return values.map((value) => value ^ 128)
}
