import { assert } from '../../base/assert'
import type { Lowering } from '../../plan/lowering'
import type { EmbedShape } from './embed.reference'

export const embedOnnx: Lowering<EmbedShape> = (graph, { table, tokens }, { vocabulary, count }) => {
  assert(count === vocabulary, 'a table in parts has no lowering')
  return { y: graph.op('Gather', [table!, tokens!], { axis: 0 }) }
}
