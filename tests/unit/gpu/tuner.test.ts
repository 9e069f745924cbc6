// The tuner's decisions, with a device whose times and results are made up.
import { expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../../src/base/bytes'
import { AppError } from '../../../src/base/errors'
import { Tuner, type Trial, type TunerOptions } from '../../../src/gpu/tuner'
import { read, write, type Alternative, type KernelSpec, type Shape, type Way } from '../../../src/plan/kernelSpec'
import { Plan } from '../../../src/plan/plan'
import { persistentTensor } from '../../../src/plan/tensor'
import { MemoryStore } from '../../helpers/memoryStore'

interface FakeWay {
  /** Milliseconds of a dispatch. */
  readonly ms?: number
  /** What is added to every result. */
  readonly error?: number
  readonly compiles?: boolean
}

const OWN_MS = 2

/** A device that computes ones, in made-up time. */
class FakeDevice {
  readonly #ways: Partial<Record<Way, FakeWay>>
  /** Kernels that were tried, in order. */
  readonly tried: string[] = []
  readonly open = new Set<Trial>()
  hasRoom = true
  isLost = false
  clockMs = 0
  /** From the end of a run until it is known. */
  waitMs = 0
  /** Of one dispatch of a kernel's own implementation. */
  ownMs = OWN_MS

  constructor(ways: Partial<Record<Way, FakeWay>>) {
    this.#ways = ways
  }

  options(more: Partial<TunerOptions> = {}): TunerOptions {
    return {
      trials: {
        compiles: async (_kernel, _shape, alternative) => this.#of(alternative).compiles ?? true,
        open: async ({ name }) => this.#openTrial(name),
      },
      deviceName: 'a device',
      hasSubgroups: true,
      isEager: true,
      store: null,
      now: () => this.clockMs,
      ...more,
    }
  }

  #openTrial(name: string): Trial {
    if (!this.hasRoom) throw new AppError('device/out-of-memory', { message: 'no room' })
    if (this.isLost) throw new AppError('device/lost', { message: 'it is gone' })
    this.tried.push(name)
    const trial: Trial = {
      results: async (alternative) => [new Float32Array(8).fill(1 + (this.#of(alternative).error ?? 0)).buffer],
      time: async (alternative, repetitions) => {
        const ms = this.waitMs + repetitions * (this.#of(alternative).ms ?? this.ownMs)
        this.clockMs += ms
        return ms
      },
      dispose: () => this.open.delete(trial),
    }
    this.open.add(trial)
    return trial
  }

  #of(alternative: Alternative | null): FakeWay {
    return (alternative && this.#ways[alternative.way]) ?? {}
  }
}

function alternative(way: Way, more: Partial<Alternative> = {}): Alternative {
  return {
    way,
    needsSubgroups: way === 'subgroups',
    isExact: true,
    suits: ({ rows = 0 }) => rows >= 4,
    source: [`// ${way}`],
    constants: () => ({}),
    workgroups: () => [1, 1, 1],
    ...more,
  }
}

function kernelOf(alternatives: readonly Alternative[], { name = 'fake', text = '// own' } = {}): KernelSpec {
  return {
    name,
    source: [text],
    bindings: { x: read('f32', () => 8), y: write('f32', () => 8) },
    constants: () => ({}),
    workgroups: () => [1, 1, 1],
    reference: () => {},
    cost: ({ rows = 0 }) => ({ flops: 16 * rows, bytes: 64 }),
    alternatives,
    trial: (shape) => ({ ...shape, rows: Math.min(shape['rows'] ?? 0, 64) }),
  }
}

const shape: Shape = { rows: 64 }
const inference = { isTraining: false }

function planOf(kernels: readonly KernelSpec[], { rows = 64, isTraining = false } = {}): Plan {
  const plan = new Plan('a plan', { isTraining })
  const tensorOf = (name: string) => persistentTensor(name, [8], { role: 'activations' })
  for (const kernel of kernels) plan.run(kernel, { rows }, { x: tensorOf('x'), y: tensorOf('y') })
  return plan
}

const tiles = alternative('tiles64')
const lanes = alternative('lanes', { isExact: false })

test('the fastest right implementation is taken, and the kernel stays what it is', async () => {
  const device = new FakeDevice({ tiles64: { ms: 1 }, lanes: { ms: 0.5 } })
  const tuner = await Tuner.open(device.options())
  const kernel = kernelOf([tiles, lanes])
  expect(tuner.implementationOf(kernel, shape, inference)).toBe(kernel)
  await tuner.tune([planOf([kernel])])
  const taken = tuner.implementationOf(kernel, shape, inference)
  expect(taken).toMatchObject({ name: 'fake by lanes', source: ['// lanes'], bindings: kernel.bindings })
  expect(tuner.choiceOf(kernel, shape)).toEqual({ way: 'lanes', speedup: 4, isTaken: true })
  expect(device.open.size).toBe(0)
})

test('training takes no implementation that changes bits', async () => {
  const device = new FakeDevice({ tiles64: { ms: 1 }, lanes: { ms: 0.5 } })
  const tuner = await Tuner.open(device.options())
  const kernel = kernelOf([tiles, lanes])
  await tuner.tune([planOf([kernel]), planOf([kernel], { isTraining: true })])
  expect(tuner.implementationOf(kernel, shape, { isTraining: true }).name).toBe('fake by tiles64')
  expect(tuner.implementationOf(kernel, shape, inference).name).toBe('fake by lanes')
})

test.each([
  ['differs in a bit where it promised none', 2 ** -23, tiles],
  ['differs by more than the order of a sum explains', 1e-3, lanes],
  ['is not a number', Number.NaN, lanes],
])('a result that %s rules an implementation out', async (_, error, one) => {
  const device = new FakeDevice({ [one.way]: { ms: 0.1, error } })
  const tuner = await Tuner.open(device.options())
  const kernel = kernelOf([one])
  await tuner.tune([planOf([kernel])])
  expect(tuner.implementationOf(kernel, shape, inference)).toBe(kernel)
  expect(tuner.choiceOf(kernel, shape)).toBeNull()
  await tuner.tune([planOf([kernel])])
  expect(device.tried).toEqual(['fake'])
})

test('what the order of a sum explains is right', async () => {
  const tuner = await Tuner.open(new FakeDevice({ lanes: { ms: 1, error: 2 ** -22 } }).options())
  const kernel = kernelOf([lanes])
  await tuner.tune([planOf([kernel])])
  expect(tuner.implementationOf(kernel, shape, inference).name).toBe('fake by lanes')
})

test('what does not compile, needs subgroups where there are none, or does not suit the shape is not tried', async () => {
  const device = new FakeDevice({ tiles64: { ms: 1, compiles: false }, subgroups: { ms: 1 }, lanes: { ms: 1 } })
  const tuner = await Tuner.open(device.options({ hasSubgroups: false }))
  const unfit = alternative('lanes', { suits: () => false })
  const kernel = kernelOf([tiles, alternative('subgroups'), unfit])
  await tuner.tune([planOf([kernel])])
  expect(tuner.implementationOf(kernel, shape, inference)).toBe(kernel)
  expect(device.tried).toEqual([])
})

test('a few percent are not worth a change', async () => {
  const tuner = await Tuner.open(new FakeDevice({ tiles64: { ms: OWN_MS / 1.05 } }).options())
  const kernel = kernelOf([tiles])
  await tuner.tune([planOf([kernel])])
  expect(tuner.implementationOf(kernel, shape, inference)).toBe(kernel)
  const choice = tuner.choiceOf(kernel, shape)
  expect(choice).toMatchObject({ way: 'tiles64', isTaken: false })
  expect(choice?.speedup).toBeCloseTo(1.05)
})

test('waiting for the device hides no difference, however short a kernel is', async () => {
  const device = new FakeDevice({ tiles64: { ms: 0.0025 } })
  device.waitMs = 1
  device.ownMs = 0.005
  const tuner = await Tuner.open(device.options())
  const kernel = kernelOf([tiles])
  await tuner.tune([planOf([kernel])])
  expect(tuner.choiceOf(kernel, shape)?.speedup).toBeGreaterThan(1.5)
})

test('one measurement stands for all shapes of a class', async () => {
  const device = new FakeDevice({ tiles64: { ms: 1 } })
  const tuner = await Tuner.open(device.options())
  const kernel = kernelOf([tiles])
  await tuner.tune([planOf([kernel], { rows: 100 }), planOf([kernel], { rows: 200 })])
  expect(device.tried).toEqual(['fake'])
  expect(tuner.implementationOf(kernel, { rows: 3000 }, inference).name).toBe('fake by tiles64')
  expect(tuner.implementationOf(kernel, { rows: 3 }, inference)).toBe(kernel)
})

test('a build spends no more than its budget, on the heaviest first, and the next goes on', async () => {
  const device = new FakeDevice({ tiles64: { ms: 100 } })
  const tuner = await Tuner.open(device.options())
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  const plan = new Plan('many')
  for (const [index, name] of names.entries()) {
    plan.steps.push(...planOf([kernelOf([tiles], { name })], { rows: 10 + index }).steps)
  }
  await tuner.tune([plan])
  const first = [...device.tried]
  // A kernel of its own takes 2 ms, tiles 200 for the two dispatches of a run: three kernels pass half a second.
  expect(first).toEqual(['h', 'g', 'f'])
  await tuner.tune([plan])
  expect(device.tried).toEqual(['h', 'g', 'f', 'e', 'd', 'c'])
  await tuner.tune([plan])
  await tuner.tune([plan])
  expect(device.tried).toEqual(names.toReversed())
})

test('a software adapter tries nothing unasked, and all of it when asked', async () => {
  const device = new FakeDevice({ tiles64: { ms: 100 } })
  const tuner = await Tuner.open(device.options({ isEager: false }))
  const kernels = ['a', 'b', 'c', 'd', 'e'].map((name) => kernelOf([tiles], { name }))
  await tuner.tune([planOf(kernels)])
  expect(device.tried).toEqual([])
  await tuner.tune([planOf(kernels)], { isAsked: true })
  expect(device.tried).toHaveLength(5)
})

test('what was found is kept for the device, and measured anew for another, or another text', async () => {
  const store = new MemoryStore()
  const fast = { tiles64: { ms: 1 } }
  const kernel = kernelOf([tiles])
  const first = new FakeDevice(fast)
  await (await Tuner.open(first.options({ store }))).tune([planOf([kernel])])
  expect(first.tried).toEqual(['fake'])

  const again = new FakeDevice(fast)
  const known = await Tuner.open(again.options({ store, isEager: false }))
  await known.tune([planOf([kernel])])
  expect(again.tried).toEqual([])
  expect(known.implementationOf(kernel, shape, inference).name).toBe('fake by tiles64')
  const changed = kernelOf([tiles], { text: '// another text' })
  const rewritten = await Tuner.open(again.options({ store, isEager: false }))
  expect(rewritten.implementationOf(changed, shape, inference)).toBe(changed)

  const other = new FakeDevice(fast)
  await (await Tuner.open(other.options({ store, deviceName: 'another device' }))).tune([planOf([kernel])])
  expect(other.tried).toEqual(['fake'])
})

test('a kept choice that no longer compiles is given up', async () => {
  const store = new MemoryStore()
  const kernel = kernelOf([tiles])
  await (await Tuner.open(new FakeDevice({ tiles64: { ms: 1 } }).options({ store }))).tune([planOf([kernel])])
  const broken = await Tuner.open(new FakeDevice({ tiles64: { compiles: false } }).options({ store }))
  expect(broken.implementationOf(kernel, shape, inference).name).toBe('fake by tiles64')
  await broken.tune([planOf([kernel])])
  expect(broken.implementationOf(kernel, shape, inference)).toBe(kernel)
})

test.each([
  ['fails', { read: () => Promise.reject(new Error('read')), write: () => Promise.reject(new Error('write')) }],
  [
    'holds something else',
    { read: async () => encodeUtf8('{"version":1,"deviceName":"a device","kernels":[1,{}]}'), write: async () => {} },
  ],
  ['holds no JSON', { read: async () => encodeUtf8('not JSON'), write: async () => {} }],
])('a store that %s does no harm', async (_, store) => {
  const device = new FakeDevice({ tiles64: { ms: 1 } })
  const tuner = await Tuner.open(device.options({ store }))
  const kernel = kernelOf([tiles])
  await tuner.tune([planOf([kernel])])
  expect(tuner.implementationOf(kernel, shape, inference).name).toBe('fake by tiles64')
})

test('without room for a trial the kernel stays as it is, and the next build tries again', async () => {
  const device = new FakeDevice({ tiles64: { ms: 1 } })
  const tuner = await Tuner.open(device.options())
  const kernel = kernelOf([tiles])
  device.hasRoom = false
  await tuner.tune([planOf([kernel])])
  expect(tuner.implementationOf(kernel, shape, inference)).toBe(kernel)
  device.hasRoom = true
  await tuner.tune([planOf([kernel])])
  expect(tuner.implementationOf(kernel, shape, inference).name).toBe('fake by tiles64')
})

test('a device that was lost twice while it was tried is left alone, unless asked', async () => {
  const store = new MemoryStore()
  const kernel = kernelOf([tiles])
  const visit = async (isLost: boolean, options = {}) => {
    const device = new FakeDevice({ tiles64: { ms: 1 } })
    device.isLost = isLost
    await (await Tuner.open(device.options({ store }))).tune([planOf([kernel])], options)
    return device.tried
  }
  await visit(true)
  await visit(true)
  expect(await visit(false)).toEqual([])
  expect(await visit(false, { isAsked: true })).toEqual(['fake'])
  // Going well is forgiven: a device may be lost for reasons of its own.
  const other = kernelOf([tiles], { name: 'other' })
  const device = new FakeDevice({ tiles64: { ms: 1 } })
  await (await Tuner.open(device.options({ store }))).tune([planOf([other])])
  expect(device.tried).toEqual(['other'])
})

test('the file names what was measured where', async () => {
  const store = new MemoryStore()
  const tuner = await Tuner.open(new FakeDevice({ tiles64: { ms: 1 }, lanes: { compiles: false } }).options({ store }))
  await tuner.tune([planOf([kernelOf([tiles, lanes])])])
  const file: unknown = JSON.parse(decodeUtf8((await store.read('choices.json')) ?? new Uint8Array()))
  expect(file).toMatchObject({
    version: 1,
    deviceName: 'a device',
    kernels: { 'fake rows 64': { verdicts: { tiles64: 2, lanes: 'failed' } } },
  })
})
