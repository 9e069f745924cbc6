// A base in halves on the processor: what a device is asked first, and what halves cannot hold.
import { afterEach, expect, test } from 'vitest'
import { defined } from '../../../src/base/assert'
import { bytesOf } from '../../../src/base/bytes'
import { halvesToFloats } from '../../../src/base/float16'
import { Engine } from '../../../src/engine/engine'
import { requireFloat16 } from '../../../src/engine/float16Products'
import { LoadedModel } from '../../../src/engine/loadedModel'
import { bytesSource } from '../../../src/formats/fileSource'
import {
  float32Tensor,
  readSafetensorsHeader,
  readTensor,
  serializeSafetensors,
  toFloat32,
  type NamedTensor,
} from '../../../src/formats/safetensors'
import { openLocation } from '../../../src/terminal/folderSource'
import { readBytes } from '../../../src/terminal/nodeEngine'
import { processorFacts } from '../../../src/wasm/wasmDevice'
import { tensorsOfModel } from '../../../src/models/model'
import type { Device } from '../../../src/plan/device'
import { shortSettings } from '../../helpers/engineForTests'
import { MemoryStore } from '../../helpers/memoryStore'
import { wasmForTests } from '../../helpers/wasmForTests'

const MODEL = 'public/models/plume-stories'

const devices: Device[] = []
afterEach(() => {
  for (const device of devices.splice(0)) device.dispose()
})

function open() {
  const device = wasmForTests()
  devices.push(device)
  return device
}

/** A device that changes the bits of halves on their way. */
function misreading(change: (bits: number) => number): Device {
  const device = open()
  return new Proxy<Device>(device, {
    get(target, key) {
      if (key !== 'build') {
        const member: unknown = Reflect.get(target, key)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      }
      return async (...asked: Parameters<Device['build']>) => {
        const executor = await device.build(asked[0])
        const write = executor.write.bind(executor)
        executor.write = (tensor, data, offset) =>
          write(tensor, tensor.dtype === 'f16' ? (data as Uint16Array).map(change) : data, offset)
        return executor
      }
    },
  })
}

test('a device that reads halves as they are is asked once, and keeps nothing of it', async () => {
  const device = open()
  await requireFloat16(device)
  expect(Object.values(device.bytesByRole()).every((bytes) => bytes === 0)).toBe(true)
  device.build = () => Promise.reject(new Error('asked again'))
  await requireFloat16(device)
})

const isSubnormal = (bits: number) => (bits & 0x7c00) === 0

test('a device may read what is too small to be normal as zero', async () => {
  const device = misreading((bits) => (isSubnormal(bits) ? 0 : bits))
  await expect(requireFloat16(device)).resolves.toBeUndefined()
})

test.each<[string, (bits: number) => number]>([
  ['loses the last bit', (bits) => bits & 0xfffe],
  ['has two halves the other way round', (bits) => bits ^ 0x8000],
  ['gets one of all wrong', (bits) => (bits === 0x3c01 ? 0x3c00 : bits)],
])('a device that %s is refused', async (_, change) => {
  const device = misreading(change)
  await expect(requireFloat16(device)).rejects.toMatchObject({ code: 'device/no-float16' })
  await expect(requireFloat16(device)).rejects.toMatchObject({ code: 'device/no-float16' })
})

test('a run that the device cannot do has no estimate', async () => {
  const engine = new Engine({
    openDevice: () => Promise.resolve({ device: misreading((bits) => bits ^ 1), facts: processorFacts(null) }),
    openLocation,
    onnxRuntime: () => Promise.reject(new Error('not asked for')),
    store: new MemoryStore(),
    lock: () => Promise.resolve(() => {}),
    checkpointEveryMs: 0,
    now: () => 0,
    date: () => 0,
  })
  await engine.loadModel(MODEL)
  expect(await engine.planRun(shortSettings)).toMatchObject({ precision: 'float32' })
  const settings = { ...shortSettings, precision: 'float16' as const }
  await expect(engine.planRun(settings)).rejects.toMatchObject({ code: 'device/no-float16' })
})

/** The embedded model in float32, one of its weights replaced. */
async function modelWith(name: string, value: number): Promise<LoadedModel> {
  const stored = bytesSource(await readBytes(`${MODEL}/model.safetensors`), 'model.safetensors')
  const header = await readSafetensorsHeader(stored)
  const tensors: NamedTensor[] = []
  for (const [key, { shape }] of header.tensors) {
    const floats = toFloat32(await readTensor(stored, header, key))
    if (key === name) floats[5] = value
    tensors.push(float32Tensor(key, shape, floats))
  }
  const others = ['config.json', 'tokenizer.json', 'tokenizer_config.json'].map(async (file) =>
    bytesSource(await readBytes(`${MODEL}/${file}`), file),
  )
  const weights = bytesSource(serializeSafetensors(tensors), 'model.safetensors')
  return LoadedModel.open('changed', [...(await Promise.all(others)), weights])
}

test('a matrix with a weight beyond the largest half stays float32 with those of its input, and the others are halves', async () => {
  const device = open()
  const loaded = await modelWith('model.layers.1.self_attn.q_proj.weight', 70_000)
  const model = await loaded.onDevice(device, 'float16')
  const kinds = model.layers.flatMap(({ linears }) => [...linears].map(([name, { weight }]) => [name, weight] as const))
  const inFloat32 = kinds.filter(([, { kind }]) => kind !== 'float16').map(([name]) => name)
  expect(inFloat32).toEqual(['q_proj', 'k_proj', 'v_proj'])
  const kept = defined(model.layers[1]?.linears.get('q_proj')?.weight, 'q_proj')
  expect(kept.kind).toBe('float32')
  const [values] = tensorsOfModel(model).filter(({ name }) => name === 'layer 1 q_proj')
  expect(device.array(defined(values, 'q_proj'))[5]).toBe(70_000)
  const bytes = tensorsOfModel(model).reduce((sum, tensor) => sum + device.array(tensor).byteLength, 0)
  expect(device.bytesByRole().weights).toBe(bytes)
})

test('the embedded model is stored in halves: in float16 it is what it is in float32', async () => {
  const device = open()
  const loaded = await modelWith('none', 0)
  const floats = async (precision: 'float32' | 'float16') => {
    const model = await loaded.onDevice(device, precision)
    return tensorsOfModel(model).map((tensor) => {
      const array = device.array(tensor)
      return array instanceof Uint16Array ? halvesToFloats(array) : array.slice()
    })
  }
  const [expected, actual] = [await floats('float32'), await floats('float16')]
  expect(actual.every((array, i) => Buffer.compare(bytesOf(array), bytesOf(defined(expected[i], 'it'))) === 0)).toBe(
    true,
  )
})
