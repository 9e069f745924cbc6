// The step in jax-js: loss, gradients and Adam in one jitted function. Arrays are moved into functions, so what is used
// again is used as `.ref`.
import { blockUntilReady, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { initialParameters, declareAdapter, sliceOf } from '../../../src/models/lora'
import { CHECKED_STEPS, LEARNING_RATE, lora, optimizer } from './task.mjs'

const linears = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']

/** Matrices lie as [in, out], as is usual in jax. */
function arraysOf({ config, weights }) {
  const vector = (name) => np.array(weights.get(name).values)
  const matrix = (name, isTurned = true) => {
    const { values, shape } = weights.get(name)
    const whole = np.array(values, { shape })
    return isTurned ? whole.transpose() : whole
  }
  return {
    embedding: matrix('embedding', false),
    finalNorm: vector('final norm weight'),
    head: matrix('head'),
    layers: Array.from({ length: config.layers }, (_, layer) => ({
      attentionNorm: vector(`layer ${layer} input_layernorm weight`),
      feedForwardNorm: vector(`layer ${layer} post_attention_layernorm weight`),
      ...Object.fromEntries(linears.map((name) => [name, matrix(`layer ${layer} ${name}`)])),
    })),
  }
}

function adapterOf({ config }) {
  const adapter = declareAdapter(config, { ...lora, targets: linears })
  const start = initialParameters(adapter, 1)
  const layers = Array.from({ length: config.layers }, () => ({}))
  for (const { layer, linear, a, b } of adapter.pairs) {
    layers[layer][linear] = {
      a: np.array(sliceOf(start, a).slice(), { shape: a.shape }).transpose(),
      b: np.array(sliceOf(start, b).slice(), { shape: b.shape }).transpose(),
    }
  }
  return { layers }
}

function norm(x, weight, epsilon) {
  const scale = np.reciprocal(np.sqrt(np.mean(x.ref.mul(x.ref), -1, { keepdims: true }).add(epsilon)))
  return x.mul(scale).mul(weight)
}

function linear(x, weight, pair) {
  if (!pair) return np.matmul(x, weight)
  const low = np.matmul(np.matmul(x.ref, pair.a), pair.b)
  return np.matmul(x, weight).add(low.mul(lora.alpha / lora.rank))
}

function rotate(x, cosines, sines) {
  const half = x.shape[2] / 2
  const low = x.ref.slice([], [], [0, half])
  const high = x.slice([], [], [half, 2 * half])
  return np.concatenate(
    [low.ref.mul(cosines.ref).sub(high.ref.mul(sines.ref)), high.mul(cosines).add(low.mul(sines))],
    2,
  )
}

/** weights and adapter: trees; adapter may be null. Consumes all its arrays. */
function lossOf({ config, length }, weights, adapter, { inputs, labels, cosines, sines }) {
  const { width, heads, headWidth, normEpsilon } = config
  let x = np.matmul(inputs, weights.embedding)
  for (const [index, layer] of weights.layers.entries()) {
    const pairs = adapter?.layers[index] ?? {}
    const normed = norm(x.ref, layer.attentionNorm, normEpsilon)
    const split = (y) => y.reshape([length, heads, headWidth])
    const q = rotate(split(linear(normed.ref, layer.q_proj, pairs.q_proj)), cosines.ref, sines.ref)
    const k = rotate(split(linear(normed.ref, layer.k_proj, pairs.k_proj)), cosines.ref, sines.ref)
    const v = split(linear(normed, layer.v_proj, pairs.v_proj))
    const attended = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([length, width])
    x = x.add(linear(attended, layer.o_proj, pairs.o_proj))
    const inner = norm(x.ref, layer.feedForwardNorm, normEpsilon)
    const gate = nn.silu(linear(inner.ref, layer.gate_proj, pairs.gate_proj))
    const gated = gate.mul(linear(inner, layer.up_proj, pairs.up_proj))
    x = x.add(linear(gated, layer.down_proj, pairs.down_proj))
  }
  cosines.dispose()
  sines.dispose()
  const logits = np.matmul(norm(x, weights.finalNorm, normEpsilon), weights.head)
  return nn
    .logSoftmax(logits, -1)
    .mul(labels)
    .sum()
    .mul(-1 / length)
}

function adam({ parameter, gradient, first, second }, corrections) {
  const { beta1, beta2, epsilon } = optimizer
  const m = first.mul(beta1).add(gradient.ref.mul(1 - beta1))
  const v = second.mul(beta2).add(gradient.ref.mul(gradient).mul(1 - beta2))
  const size = np.sqrt(v.ref.mul(corrections.second)).add(epsilon)
  const step = m.ref.mul(corrections.first).div(size).mul(LEARNING_RATE)
  return { parameter: parameter.sub(step), first: m, second: v }
}

export async function jax(task, { kind, name }) {
  const { config, length } = task
  const half = config.headWidth / 2
  const angles = (of) =>
    np.array(
      Float32Array.from({ length: length * half }, (_, i) =>
        of(Math.floor(i / half) * config.rope.theta ** (-(i % half) / half)),
      ),
      { shape: [length, 1, half] },
    )
  const oneHot = (ids) => {
    const values = new Float32Array(length * config.vocabulary)
    for (const [row, id] of ids.entries()) values[row * config.vocabulary + id] = 1
    return np.array(values, { shape: [length, config.vocabulary] })
  }
  const batch = {
    inputs: oneHot(task.tokens),
    labels: oneHot(task.labels),
    cosines: angles(Math.cos),
    sines: angles(Math.sin),
  }
  const frozen = kind === 'whole' ? {} : arraysOf(task)
  let trained = kind === 'whole' ? arraysOf(task) : adapterOf(task)
  let first = tree.map((one) => np.zeros(one.shape), trained)
  let second = tree.map((one) => np.zeros(one.shape), trained)

  const loss =
    kind === 'whole'
      ? (parameters, _, data) => lossOf(task, parameters, null, data)
      : (parameters, weights, data) => lossOf(task, weights, parameters, data)
  const step = jit((parameters, m, v, weights, data, correction1, correction2) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(parameters), weights, data)
    const [leaves, structure] = tree.flatten(parameters)
    const [gs, ms, vs] = [gradients, m, v].map((one) => tree.leaves(one))
    const updated = leaves.map((parameter, i) =>
      adam(
        { parameter, gradient: gs[i], first: ms[i], second: vs[i] },
        { first: correction1.ref, second: correction2.ref },
      ),
    )
    correction1.dispose()
    correction2.dispose()
    const treeOf = (field) =>
      tree.unflatten(
        structure,
        updated.map((one) => one[field]),
      )
    return [value, treeOf('parameter'), treeOf('first'), treeOf('second')]
  })

  let taken = 0
  const take = () => {
    taken++
    const corrections = [optimizer.beta1, optimizer.beta2].map((beta) => np.array(1 / (1 - beta ** taken)))
    const [value, ...state] = step(trained, first, second, tree.ref(frozen), tree.ref(batch), ...corrections)
    ;[trained, first, second] = state
    return value
  }
  const losses = []
  for (let i = 0; i < CHECKED_STEPS; i++) losses.push((await take().data())[0])
  return {
    name,
    reference: kind,
    losses,
    run: async (count) => {
      const values = []
      for (let i = 0; i < count; i++) values.push(take())
      // Everything that a step gives: what nobody waits for is never computed.
      await blockUntilReady([values, trained, first, second])
      tree.dispose(values)
    },
    dispose: () => {
      for (const one of [trained, first, second, frozen, batch]) tree.dispose(one)
      step.dispose()
    },
  }
}
