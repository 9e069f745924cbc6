// Opening a model on a device that is too small for it in float32.
import { afterAll, expect, test } from 'vitest'
import { AppError } from '../../../src/base/errors'
import { Engine } from '../../../src/engine/engine'
import type { Precision } from '../../../src/engine/api'
import { openLocation } from '../../../src/terminal/folderSource'
import { processorFacts } from '../../../src/wasm/wasmDevice'
import { MemoryStore } from '../../helpers/memoryStore'
import { wasmForTests } from '../../helpers/wasmForTests'

const MODEL = 'public/models/plume-stories'
/** The embedded model takes 15.2 MB in float32 and 4.1 in int8. */
const ROOM_BYTES = 8e6

const device = wasmForTests()
afterAll(() => device.dispose())

function engineWithRoomFor(bytes: number): Engine {
  device.guarded = (allocate) => {
    const result = allocate()
    if (device.bytesByRole().weights > bytes) {
      return Promise.reject(new AppError('device/out-of-memory', { message: `more than ${bytes} bytes` }))
    }
    return Promise.resolve(result)
  }
  return new Engine({
    openDevice: () => Promise.resolve({ device, facts: processorFacts(null) }),
    openLocation,
    onnxRuntime: () => Promise.reject(new Error('not asked for')),
    store: new MemoryStore(),
    lock: () => Promise.resolve(() => {}),
    now: () => 0,
    date: () => 0,
  })
}

test('a model with room in int8 alone is opened, and computes in it', async () => {
  const engine = engineWithRoomFor(ROOM_BYTES)
  expect((await engine.loadModel(MODEL)).name).toBe('plume-stories')
  const sampling = { temperature: 0, topK: 0, topP: 1, maxTokens: 2, seed: 1 }
  const answer = (precision: Precision) =>
    engine.generate({ prompt: { text: 'Once' }, precision, usesAdapter: false, sampling }, () => undefined)
  await expect(answer('float32')).rejects.toMatchObject({ code: 'device/out-of-memory' })
  expect((await answer('int8')).generatedTokens).toBe(2)
})
