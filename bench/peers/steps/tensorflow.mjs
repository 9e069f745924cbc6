// The step in TensorFlow.js: its optimizer's `minimize`, on its WebGPU backend.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-webgpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js'
import { CHECKED_STEPS, LEARNING_RATE, optimizer } from './task.mjs'

function norm(x, weight, epsilon) {
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon))), weight)
}

function rotate(x, cosines, sines) {
  const [low, high] = tf.split(x, 2, 2)
  return tf.concat(
    [tf.sub(tf.mul(low, cosines), tf.mul(high, sines)), tf.add(tf.mul(high, cosines), tf.mul(low, sines))],
    2,
  )
}

function lossOf({ config, length }, weightOf, { inputs, labels, cosines, sines, mask }) {
  const { width, heads, headWidth, normEpsilon, layers } = config
  // Matrices lie as [out, in].
  const linear = (x, name) => tf.matMul(x, weightOf(name), false, true)
  let x = tf.matMul(inputs, weightOf('embedding'))
  for (let layer = 0; layer < layers; layer++) {
    const normed = norm(x, weightOf(`layer ${layer} input_layernorm weight`), normEpsilon)
    const split = (name) => tf.reshape(linear(normed, `layer ${layer} ${name}`), [length, heads, headWidth])
    const byHead = (y) => tf.transpose(y, [1, 0, 2])
    const q = byHead(rotate(split('q_proj'), cosines, sines))
    const k = byHead(rotate(split('k_proj'), cosines, sines))
    const v = byHead(split('v_proj'))
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(headWidth)), mask)
    const attended = tf.reshape(byHead(tf.matMul(tf.softmax(scores, -1), v)), [length, width])
    x = tf.add(x, linear(attended, `layer ${layer} o_proj`))
    const inner = norm(x, weightOf(`layer ${layer} post_attention_layernorm weight`), normEpsilon)
    const gate = linear(inner, `layer ${layer} gate_proj`)
    const gated = tf.mul(tf.mul(gate, tf.sigmoid(gate)), linear(inner, `layer ${layer} up_proj`))
    x = tf.add(x, linear(gated, `layer ${layer} down_proj`))
  }
  const logits = linear(norm(x, weightOf('final norm weight'), normEpsilon), 'head')
  return tf.mul(tf.sum(tf.mul(tf.logSoftmax(logits, -1), labels)), -1 / length)
}

export async function tensorflow(task, { name }) {
  const { config, length } = task
  await tf.setBackend('webgpu')
  await tf.ready()
  tf.env().set('WEBGPU_CPU_FORWARD', false)
  const variables = new Map(
    [...task.weights].map(([key, { values, shape }]) => [key, tf.variable(tf.tensor(values, shape))]),
  )
  const half = config.headWidth / 2
  const angles = (of) =>
    tf.tensor(
      Float32Array.from({ length: length * half }, (_, i) =>
        of(Math.floor(i / half) * config.rope.theta ** (-(i % half) / half)),
      ),
      [length, 1, half],
    )
  const oneHot = (ids) => {
    const values = new Float32Array(length * config.vocabulary)
    for (const [row, id] of ids.entries()) values[row * config.vocabulary + id] = 1
    return tf.tensor(values, [length, config.vocabulary])
  }
  const masked = Float32Array.from({ length: length * length }, (_, i) => (i % length > i / length ? -1e9 : 0))
  const batch = {
    inputs: oneHot(task.tokens),
    labels: oneHot(task.labels),
    cosines: angles(Math.cos),
    sines: angles(Math.sin),
    mask: tf.tensor(masked, [1, length, length]),
  }
  const adam = tf.train.adam(LEARNING_RATE, optimizer.beta1, optimizer.beta2, optimizer.epsilon)
  const list = [...variables.values()]
  const take = () => adam.minimize(() => lossOf(task, (key) => variables.get(key), batch), true, list)
  const losses = []
  for (let i = 0; i < CHECKED_STEPS; i++) {
    const value = take()
    losses.push((await value.data())[0])
    value.dispose()
  }
  const backend = tf.backend()
  return {
    name,
    reference: 'whole',
    losses,
    run: async (count) => {
      for (let i = 0; i < count; i++) take().dispose()
      if (backend.commandEncoder) backend.submitQueue() // it submits by itself from some size on
      await backend.device.queue.onSubmittedWorkDone()
    },
    dispose: () => {
      adam.dispose()
      tf.dispose([...list, ...Object.values(batch)])
    },
  }
}
