import { assert } from '../../base/assert'
import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { asMatrix, reshape } from '../lowering'
import type { EmbedBackwardShape, EmbedShape } from './embed.reference'

export const embedOnnx: Lowering<EmbedShape> = (graph, { table, tokens }, { vocabulary, count }) => {
  assert(count === vocabulary, 'a table in parts has no lowering')
  return { y: graph.op('Gather', [table!, inRange(graph, tokens!, vocabulary)], { axis: 0 }) }
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
