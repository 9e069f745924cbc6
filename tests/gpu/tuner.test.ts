// The tuner on a real device: a small kernel whose alternatives are right, wrong, slow or no WGSL at all.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestDevice, tunedDevice } from '../../src/gpu/device'
import { defineKernel, implementedBy, read, write, type Alternative, type Way } from '../../src/plan/kernelSpec'
import { Plan } from '../../src/plan/plan'
import { persistentTensor } from '../../src/plan/tensor'
import { encodeUtf8 } from '../../src/base/bytes'
import { resultsOnGpu } from '../helpers/kernelOnGpu'
import { prepareCase } from '../helpers/kernelCase'
import { MemoryStore } from '../helpers/memoryStore'

type Shape = { count: number }

const COUNT = 64

/** y = 2 x, or whatever `expression` says. */
function wgsl(expression: string): string {
  return `
@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> y : array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) { y[id.x] = ${expression}; }`
}

function alternative(way: Way, source: string, isExact: boolean): Alternative<Shape> {
  return {
    way,
    needsSubgroups: false,
    isExact,
    suits: () => true,
    source: [source],
    constants: () => ({}),
    workgroups: () => [COUNT / 64, 1, 1],
  }
}

const doubled = defineKernel({
  name: 'doubled',
  source: [wgsl('2.0 * x[id.x]')],
  bindings: { x: read('f32', ({ count }: Shape) => count), y: write('f32', ({ count }: Shape) => count) },
  constants: () => ({}),
  workgroups: ({ count }) => [count / 64, 1, 1],
  reference: ({ x, y }) => y.set(x.map((value) => 2 * value)),
  cost: ({ count }) => ({ flops: 2 * count, bytes: 8 * count }),
  alternatives: [
    alternative('tiles64', wgsl('2.0 * x[id.x] + 1e-6'), true),
    alternative('tiles32', 'this is no WGSL', true),
    alternative('lanes', wgsl('2.0 * x[id.x] + 1e-6'), false),
    alternative('subgroups', '@compute @workgroup_size(64) fn main() {}', false),
  ],
})
const shape = { count: COUNT }

let opened: Awaited<ReturnType<typeof requestDevice>>
const store = new MemoryStore()
beforeAll(async () => {
  opened = await requestDevice(navigator.gpu)
})
afterAll(() => opened?.device.destroy())

function planOf(options: { isTraining?: boolean } = {}): Plan {
  const plan = new Plan('doubling', options)
  const tensorOf = (name: string) => persistentTensor(name, [COUNT], { role: 'activations' })
  plan.run(doubled, shape, { x: tensorOf('x'), y: tensorOf('y') })
  return plan
}

interface KeptFile {
  readonly kernels: Readonly<Record<string, { readonly verdicts: Readonly<Record<string, unknown>> }>>
}

async function keptFile(): Promise<KeptFile> {
  const bytes = await store.read('choices.json')
  return JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array())) as KeptFile
}

test('what is wrong or no WGSL is ruled out, the rest is timed, and the device is as it was', async () => {
  const gpu = await tunedDevice(opened.device, opened.facts, { store, hostName: 'a test' })
  await gpu.tune([planOf()])
  gpu.check()
  expect((await keptFile()).kernels[`doubled count ${COUNT}`]?.verdicts).toEqual({
    tiles64: 'wrong', // it promised the same bits
    tiles32: 'failed',
    lanes: expect.any(Number) as number, // within what float32 may differ by
    subgroups: 'wrong', // it writes nothing
  })
  expect(Object.values(gpu.bytesByRole()).every((bytes) => bytes === 0)).toBe(true)
})

test('what is known to be faster computes the steps of a plan, but of none that trains', async () => {
  const file = await keptFile()
  const key = `doubled count ${COUNT}`
  const kept = file.kernels[key]
  const faster = { ...file, kernels: { [key]: { ...kept, verdicts: { ...kept?.verdicts, lanes: 3 } } } }
  await store.write('choices.json', encodeUtf8(JSON.stringify(faster)))
  const gpu = await tunedDevice(opened.device, opened.facts, { store, hostName: 'a test' })
  expect(gpu.choiceOf(doubled, shape)).toEqual({ way: 'lanes', speedup: 3, isTaken: true })
  const lanes = doubled.alternatives?.find(({ way }) => way === 'lanes')
  const prepared = prepareCase(doubled, shape)
  const own = prepareCase(implementedBy(doubled, lanes ?? alternative('lanes', '', false)), shape)
  expect(await resultsOnGpu(gpu, prepared)).toEqual(await resultsOnGpu(gpu, own))
  const training = {
    ...prepared,
    plan: Object.assign(new Plan('training', { isTraining: true }), { steps: prepared.plan.steps }),
  }
  expect(await resultsOnGpu(gpu, training)).not.toEqual(await resultsOnGpu(gpu, own))
})
