// ONNX model files: a protobuf message, written field by field. Only what a graph of ours needs.
//
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { concatBytes, encodeUtf8 } from '../base/bytes'

export type OnnxDType = 'float32' | 'float16' | 'uint8' | 'int64' | 'uint32'

/** The numbers of TensorProto.DataType, and bytes of an element. */
const dtypes: Readonly<Record<OnnxDType, { readonly code: number; readonly bytes: number }>> = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int64: { code: 7, bytes: 8 },
  float16: { code: 10, bytes: 2 },
  uint32: { code: 12, bytes: 4 },
}

/** A number is a known size, a text the name of one that is known only when the graph runs. */
export type OnnxShape = readonly (number | string)[]

export interface OnnxValueInfo {
  readonly name: string
  readonly dtype: OnnxDType
  readonly shape: OnnxShape
}

export type OnnxAttributes = Readonly<Record<string, number | string | readonly number[]>>

export interface OnnxNode {
  readonly op: string
  /** Empty for the standard operators. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: OnnxAttributes
}

export interface OnnxInitializer {
  readonly name: string
  readonly dtype: OnnxDType
  readonly shape: readonly number[]
}

export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly inputs: readonly OnnxValueInfo[]
  readonly outputs: readonly OnnxValueInfo[]
  /** In the file's order; their bytes follow in `OnnxWriter.next`. */
  readonly initializers: readonly OnnxInitializer[]
  /** Written beside the graph: `metadata_props`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** ReduceMean takes its axes as an input from 18 on, and readers from 2023 on know it. */
const OPSET = 18
const IR_VERSION = 8
const CONTRIB_DOMAIN = 'com.microsoft'

/** A protobuf message has 31 bits for its size. */
export const MAX_ONNX_BYTES = 2 ** 31 - 1

/** Bytes of one tensor's values. */
export function onnxTensorBytes({ dtype, shape }: OnnxInitializer): number {
  return shape.reduce((product, size) => product * size, dtypes[dtype].bytes)
}

/**
 * The whole file, without the values of its initializers, as the pieces between them: the first piece, the values of
 * the first initializer, the second piece, and so on. A model's weights then need not be in memory at once.
 */
export function onnxPieces(graph: OnnxGraph): { readonly pieces: readonly Uint8Array[]; readonly sizeBytes: number } {
  const body = concatBytes([
    ...graph.nodes.map((node) => message(1, nodeBytes(node))),
    text(2, graph.name),
    ...graph.inputs.map((value) => message(11, valueInfoBytes(value))),
    ...graph.outputs.map((value) => message(12, valueInfoBytes(value))),
  ])
  const heads = graph.initializers.map(initializerHead)
  const valueBytes = graph.initializers.reduce((sum, one) => sum + onnxTensorBytes(one), 0)
  const graphBytes = heads.reduce((sum, head) => sum + head.byteLength, body.byteLength) + valueBytes
  const model = concatBytes([
    integer(1, IR_VERSION),
    text(2, 'Plume'),
    ...['', CONTRIB_DOMAIN].map((domain) => {
      return message(8, concatBytes([text(1, domain), integer(2, domain === '' ? OPSET : 1)]))
    }),
    ...Object.entries(graph.metadata).map(([key, value]) => {
      return message(14, concatBytes([text(1, key), text(2, value)]))
    }),
    // The graph comes last, so that the file ends with the last initializer.
    varint(tagOf(7, LENGTH_DELIMITED)),
    varint(graphBytes),
    body,
  ])
  const [first = new Uint8Array(), ...rest] = heads
  return {
    pieces: [concatBytes([model, first]), ...rest],
    sizeBytes: model.byteLength + graphBytes - body.byteLength,
  }
}

function nodeBytes({ op, domain, inputs, outputs, attributes }: OnnxNode): Uint8Array {
  return concatBytes([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, outputs[0] ?? op),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => message(5, attributeBytes(name, value))),
    ...(domain === '' ? [] : [text(7, domain)]),
  ])
}

/** Whole numbers are integers: no operator of ours has a whole float. */
function attributeBytes(name: string, value: number | string | readonly number[]): Uint8Array {
  const typed =
    typeof value === 'string'
      ? [text(4, value), integer(20, 3)]
      : typeof value !== 'number'
        ? [...value.map((one) => integer(8, one)), integer(20, 7)]
        : Number.isInteger(value)
          ? [integer(3, value), integer(20, 2)]
          : [float(2, value), integer(20, 1)]
  return concatBytes([text(1, name), ...typed])
}

function valueInfoBytes({ name, dtype, shape }: OnnxValueInfo): Uint8Array {
  const dims = shape.map((size) => message(1, typeof size === 'number' ? integer(1, size) : text(2, size)))
  const tensorType = concatBytes([integer(1, dtypes[dtype].code), message(2, concatBytes(dims))])
  return concatBytes([text(1, name), message(2, message(1, tensorType))])
}

/** Everything of an initializer that comes before its values. */
function initializerHead(initializer: OnnxInitializer): Uint8Array {
  const { name, dtype, shape } = initializer
  const values = onnxTensorBytes(initializer)
  const tensor = concatBytes([
    ...shape.map((size) => integer(1, size)),
    integer(2, dtypes[dtype].code),
    text(8, name),
    varint(tagOf(9, LENGTH_DELIMITED)),
    varint(values),
  ])
  return concatBytes([varint(tagOf(5, LENGTH_DELIMITED)), varint(tensor.byteLength + values), tensor])
}

// The wire: https://protobuf.dev/programming-guides/encoding/

const VARINT = 0
const LENGTH_DELIMITED = 2
const FIXED_32 = 5

function tagOf(field: number, wireType: number): number {
  return field * 8 + wireType
}

/** Seven bits a byte, lowest first; a negative number is its 64-bit two's complement. */
function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

function integer(field: number, value: number): Uint8Array {
  return concatBytes([varint(tagOf(field, VARINT)), varint(value)])
}

function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return concatBytes([varint(tagOf(field, FIXED_32)), bytes])
}

function message(field: number, bytes: Uint8Array): Uint8Array {
  return concatBytes([varint(tagOf(field, LENGTH_DELIMITED)), varint(bytes.byteLength), bytes])
}

function text(field: number, value: string): Uint8Array {
  return message(field, encodeUtf8(value))
}
