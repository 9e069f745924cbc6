import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { added, cast, counter, countTo } from '../lowering'
import { dropoutThreshold } from './dropout.reference'

interface MaskShape {
  readonly count: number
  readonly stream: number
  readonly probability: number
}

export const dropoutOnnx: Lowering<MaskShape> = (
  graph,
  { source, counters, result },
  { count, stream, probability },
) => {
  const xor = (a: GraphValue, b: GraphValue) => graph.op('BitwiseXor', [a, b])
  const count32 = (name: 'seed' | 'microStep') => cast(graph, counter(graph, counters!, name), 'uint32')
  const seed = mix32(graph, xor(mix32(graph, count32('seed')), count32('microStep')))
  const ofStream = mix32(graph, xor(mix32(graph, seed), cast(graph, graph.integer(stream), 'uint32')))
  const bits = mix32(graph, xor(ofStream, cast(graph, countTo(graph, count), 'uint32')))
  const threshold = graph.integer(dropoutThreshold(probability))
  const isKept = graph.op('GreaterOrEqual', [cast(graph, bits, 'int64'), threshold])
  const factor = graph.op('Where', [isKept, graph.float(1 / (1 - probability)), graph.float(0)])
  const mask = graph.op('Reshape', [factor, graph.op('Shape', [source!])])
  return { result: added(graph, result, graph.op('Mul', [source!, mask])) }
}

/** As in base/random.ts. The product is one of int32, whose low 32 bits are those of uint32: runtimes have no other. */
function mix32(graph: LoweringGraph, x: GraphValue): GraphValue {
  const shifted = (value: GraphValue, by: number) =>
    graph.op('BitShift', [value, cast(graph, graph.integer(by), 'uint32')], { direction: 'RIGHT' })
  const mixed = (value: GraphValue, by: number, factor: number) => {
    const low = graph.op('BitwiseXor', [value, shifted(value, by)])
    const product = graph.op('Mul', [cast(graph, low, 'int32'), cast(graph, graph.integer(factor | 0), 'int32')])
    return cast(graph, product, 'uint32')
  }
  const twice = mixed(mixed(x, 16, 0x7feb352d), 15, 0x846ca68b)
  return graph.op('BitwiseXor', [twice, shifted(twice, 16)])
}
