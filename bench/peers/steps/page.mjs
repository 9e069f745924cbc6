// The browser's half of the bench of training steps: builds each contender for a model, checks the losses of its first
// steps, and times it. runSteps.mjs opens this page.
import { defaultDevice, init } from '@jax-js/jax'
import { openGpu } from '../../../src/gpu/device'
import { jax } from './jax.mjs'
import { plume } from './plume.mjs'
import { makeTask, referenceLosses } from './task.mjs'
import { webgpuLlm, webgpuLlmEngine } from './webgpuLlm.mjs'

const opened = (async () => {
  const { device: gpu, facts } = await openGpu(navigator.gpu)
  await init('webgpu')
  defaultDevice('webgpu')
  return { gpu, facts }
})()

const ours = [
  { name: 'Plume, all weights', kind: 'whole', build: plume },
  { name: 'Plume, LoRA', kind: 'lora', build: plume },
  { name: 'Plume, LoRA on int8', kind: 'loraInt8', build: plume },
]

const jaxes = [
  { name: 'jax-js, all weights', kind: 'whole', build: jax },
  { name: 'jax-js, LoRA', kind: 'lora', build: jax },
]
/** Node does not find what it imports. */
const tensorflow = async (...given) => (await import('./tensorflow.mjs')).tensorflow(...given)

const isPage = 'document' in window
/** Node has them from version 22 on, and jax-js needs them. */
const hasIteratorHelpers = 'Iterator' in window

/** Beside each peer we train the model that it can: webgpu-llm has no head but the embedding. */
const contendersOf = ({ hasTiedHead }) =>
  hasTiedHead
    ? [...ours, { name: 'webgpu-llm, all weights', kind: 'whole', build: webgpuLlm }]
    : [
        ...ours,
        ...(hasIteratorHelpers ? jaxes : []),
        ...(isPage ? [{ name: 'tfjs, all weights', kind: 'whole', build: tensorflow }] : []),
      ]

let current = []

window.peerSteps = {
  device: async () => (await opened).facts,
  /** Why webgpu-llm does not run here; null where it does. */
  refusal: () =>
    webgpuLlmEngine().then(
      () => null,
      ({ message }) => message,
    ),
  /** Builds everybody whose name has `only` in it; their names and the largest relative error of their losses. */
  prepare: async (size, only) => {
    const { gpu } = await opened
    for (const one of current) await one.dispose()
    current = []
    const task = makeTask(size)
    const known = {}
    for (const { build, ...one } of contendersOf(size).filter(({ name }) => name.includes(only))) {
      current.push(await (build === plume ? build(gpu, task, one) : build(task, one)))
      known[one.kind] ??= await referenceLosses(task, one.kind)
    }
    return current.map(({ name, reference, losses, flops, dispatches }) => ({
      name,
      reference,
      losses,
      expected: known[reference],
      flops,
      dispatches,
    }))
  },
  /** Milliseconds that `count` steps took. */
  run: async (index, count) => {
    const started = performance.now()
    await current[index].run(count)
    return performance.now() - started
  },
}
