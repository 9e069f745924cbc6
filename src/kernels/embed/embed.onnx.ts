import { assert } from '../../base/assert'
import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { asMatrix, cast, reshape } from '../lowering'
import type { EmbedBackwardShape, EmbedShape } from './embed.reference'

export const embedOnnx: Lowering<EmbedShape> = (graph, { table, tokens }, { vocabulary, count }) => {
  assert(count === vocabulary, 'a table in parts has no lowering')
  return { y: graph.op('Gather', [table!, inRange(graph, tokens!, vocabulary)], { axis: 0 }) }
}

/** values: [V, blocks, 32], unsigned around 128. scales: [V, blocks]. Only the rows that are asked for become floats. */
export const embedInt8Onnx: Lowering<EmbedShape> = (
  graph,
  { values, scales, tokens },
  { vocabulary, count, columns },
) => {
  assert(count === vocabulary, 'a table in parts has no lowering')
  const rowsOf = (x: GraphValue) => graph.op('Gather', [x, inRange(graph, tokens!, vocabulary)], { axis: 0 })
  const signed = graph.op('Sub', [cast(graph, rowsOf(values!), 'float32'), graph.float(128)])
  const scaled = graph.op('Mul', [signed, graph.op('Unsqueeze', [rowsOf(scales!), graph.integers([-1])])])
  return { y: reshape(graph, scaled, [0, 0, columns]) }
}

export const embedBackwardOnnx: Lowering<EmbedBackwardShape> = (
  graph,
  { tokens, dy, dtable },
  { vocabulary, columns },
) => {
  const indexes = reshape(graph, inRange(graph, tokens!, vocabulary), [-1, 1])
  return {
    dtable: graph.op('ScatterND', [dtable!, indexes, asMatrix(graph, dy!, columns)], { reduction: 'add' }),
  }
}

/** Ids beyond the table read its last row. */
function inRange(graph: LoweringGraph, tokens: GraphValue, vocabulary: number): GraphValue {
  return graph.op('Min', [tokens, graph.integer(vocabulary - 1)])
}
