// Causal attention in operators: scores are held whole, [B, K, G * T, T], with K key/value heads of G query heads each.
import type { GraphValue, GraphValues, Lowering, LoweringGraph } from '../../plan/lowering'
import { added, countTo, reshape, sumAlong, transpose } from '../lowering'
import type { AttentionBackwardShape, AttentionShape } from './attention.reference'

/** Added to the score of a key that a query must not see: its exponential is zero, and a row of them is no NaN. */
export const HIDDEN = -1e30

export const attentionForwardOnnx: Lowering<AttentionShape> = (graph, values, shape) => {
  const { batch, tokens, heads } = shape
  const scores = scoresOf(graph, values, shape)
  const attended = graph.op('MatMul', [
    graph.op('Softmax', [scores], { axis: -1 }),
    byKeyHead(graph, values['v']!, shape),
  ])
  const logSumExp = graph.op('ReduceLogSumExp', [scores, graph.integers([-1])], { keepdims: 1 })
  const alone = reshape(graph, logSumExp, [batch, heads, tokens, 1])
  const beside = graph.op('Pad', [alone, graph.integers([0, 1]), graph.float(0), graph.integers([-1])])
  return { output: toRows(graph, attended, shape), statistics: beside }
}

/** statistics: log-sum-exp and, from here on, the inner product of output and its gradient, [B, H, T, 2] */
export const attentionBackwardQueryOnnx: Lowering<AttentionBackwardShape> = (graph, values, shape) => {
  const { batch, tokens, heads, headWidth } = shape
  const [logSumExp] = graph.split(values['statistics']!, -1, [1, 1])
  const products = graph.op('Mul', [values['output']!, values['dOutput']!])
  const byHead = reshape(graph, products, [batch, tokens, heads, headWidth])
  const inner = transpose(graph, sumAlong(graph, byHead, [-1]), [0, 2, 1, 3])
  const statistics = graph.op('Concat', [logSumExp!, inner], { axis: -1 })
  const { dScores } = gradientOfScores(graph, { ...values, statistics }, shape)
  const dq = toRows(graph, graph.op('MatMul', [dScores, byKeyHead(graph, values['k']!, shape)]), shape)
  return { statistics, dq: added(graph, values['dq'], graph.op('Mul', [dq, scaleOf(graph, shape)])) }
}

export const attentionBackwardKeyValueOnnx: Lowering<AttentionBackwardShape> = (graph, values, shape) => {
  const { batch, tokens, keyValueHeads, headWidth } = shape
  const { probabilities, dScores } = gradientOfScores(graph, values, shape)
  // One product sums over the queries of the group, too.
  const ofKeys = (weights: GraphValue, queries: GraphValue) => {
    const sums = graph.op('MatMul', [transpose(graph, weights, [0, 1, 3, 2]), byGroup(graph, queries, shape)])
    return reshape(graph, transpose(graph, sums, [0, 2, 1, 3]), [batch, tokens, keyValueHeads * headWidth])
  }
  const dk = graph.op('Mul', [ofKeys(dScores, values['q']!), scaleOf(graph, shape)])
  return {
    dk: added(graph, values['dk'], dk),
    dv: added(graph, values['dv'], ofKeys(probabilities, values['dOutput']!)),
  }
}

/** The probabilities from the saved log-sum-exp, and the gradient of the scores, [B, K, G * T, T]. */
function gradientOfScores(graph: LoweringGraph, values: GraphValues, shape: AttentionShape) {
  const { batch, tokens, heads, keyValueHeads } = shape
  const [logSumExp, inner] = graph
    .split(values['statistics']!, -1, [1, 1])
    .map((one) => reshape(graph, one, [batch, keyValueHeads, (heads / keyValueHeads) * tokens, 1]))
  const probabilities = graph.op('Exp', [graph.op('Sub', [scoresOf(graph, values, shape), logSumExp!])])
  const turnedValues = transpose(graph, byKeyHead(graph, values['v']!, shape), [0, 1, 3, 2])
  const dProbabilities = graph.op('MatMul', [byGroup(graph, values['dOutput']!, shape), turnedValues])
  const dScores = graph.op('Mul', [probabilities, graph.op('Sub', [dProbabilities, inner!])])
  return { probabilities, dScores }
}

function scoresOf(graph: LoweringGraph, { q, k, positions }: GraphValues, shape: AttentionShape): GraphValue {
  const { batch, tokens, heads, keyValueHeads } = shape
  const scaled = graph.op('Mul', [byGroup(graph, q!, shape), scaleOf(graph, shape)])
  const scores = graph.op('MatMul', [scaled, transpose(graph, byKeyHead(graph, k!, shape), [0, 1, 3, 2])])
  const group = heads / keyValueHeads
  const byQuery = reshape(graph, scores, [batch, keyValueHeads, group, tokens, tokens])
  const seen = graph.op('Add', [byQuery, hiddenKeys(graph, positions!, shape)])
  return reshape(graph, seen, [batch, keyValueHeads, group * tokens, tokens])
}

/** A query sees itself and as many rows before it as its position in its own text says. [B, 1, 1, T, T] */
function hiddenKeys(graph: LoweringGraph, positions: GraphValue, { batch, tokens }: AttentionShape): GraphValue {
  const rows = countTo(graph, tokens)
  const back = graph.op('Sub', [reshape(graph, rows, [1, tokens, 1]), reshape(graph, rows, [1, 1, tokens])])
  const isSeen = graph.op('And', [
    graph.op('GreaterOrEqual', [back, graph.integer(0)]),
    graph.op('LessOrEqual', [back, reshape(graph, positions, [batch, tokens, 1])]),
  ])
  const hidden = graph.op('Where', [isSeen, graph.float(0), graph.float(HIDDEN)])
  return reshape(graph, hidden, [batch, 1, 1, tokens, tokens])
}

/** Rows of queries by the key/value head they read: [B, T, H * D] to [B, K, G * T, D]. */
function byGroup(graph: LoweringGraph, x: GraphValue, shape: AttentionShape): GraphValue {
  const { batch, tokens, heads, keyValueHeads, headWidth } = shape
  const group = heads / keyValueHeads
  const byHead = reshape(graph, x, [batch, tokens, keyValueHeads, group, headWidth])
  return reshape(graph, transpose(graph, byHead, [0, 2, 3, 1, 4]), [batch, keyValueHeads, group * tokens, headWidth])
}

/** And back. */
function toRows(graph: LoweringGraph, x: GraphValue, shape: AttentionShape): GraphValue {
  const { batch, tokens, heads, keyValueHeads, headWidth } = shape
  const byHead = reshape(graph, x, [batch, keyValueHeads, heads / keyValueHeads, tokens, headWidth])
  return reshape(graph, transpose(graph, byHead, [0, 3, 1, 2, 4]), [batch, tokens, heads * headWidth])
}

/** [B, T, K * D] to [B, K, T, D] */
function byKeyHead(graph: LoweringGraph, x: GraphValue, shape: AttentionShape): GraphValue {
  const { batch, tokens, keyValueHeads, headWidth } = shape
  return transpose(graph, reshape(graph, x, [batch, tokens, keyValueHeads, headWidth]), [0, 2, 1, 3])
}

function scaleOf(graph: LoweringGraph, { headWidth }: AttentionShape): GraphValue {
  return graph.float(1 / Math.sqrt(headWidth))
}
