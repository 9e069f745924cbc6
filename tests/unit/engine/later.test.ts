// Plans that a run needs only after its first step: their bytes are there at once, what takes long comes when it is asked.
import { expect, test } from 'vitest'
import { recordTrainingSession, sessionMemory } from '../../../src/engine/session'
import { GpuDevice } from '../../../src/gpu/gpuDevice'
import { declareModel, tensorsOfModel } from '../../../src/models/model'
import { countingDevice } from '../../helpers/countingDevice'
import { modelRunSettings } from '../../helpers/modelRun'
import { loadRandomModel, tinyConfig, writeRandomBatch } from '../../helpers/tinyModel'
import { wasmForTests } from '../../helpers/wasmForTests'

test('on a GPU shaders are compiled when they are needed, once, and no buffer with them', async () => {
  let compiled = 0
  const counting = countingDevice()
  const compile = counting.createComputePipelineAsync.bind(counting)
  const createComputePipelineAsync = (descriptor: GPUComputePipelineDescriptor) => {
    compiled += 1
    return compile(descriptor)
  }
  const device = new GpuDevice(Object.assign(counting, { createComputePipelineAsync }))
  const model = declareModel(tinyConfig, 'float32')
  for (const tensor of tensorsOfModel(model)) device.place(tensor)
  const session = recordTrainingSession(model, modelRunSettings)
  const { training, evaluation, later = [] } = session
  expect(later).toHaveLength(3)

  device.foresee([training.micro, training.update])
  const foreseen = compiled
  expect(foreseen).toBeGreaterThan(10)
  const executor = await device.build(session.plans, session.reads, later)
  expect(compiled).toBe(foreseen)
  expect(device.bytesByRole()).toEqual(sessionMemory(session))
  const buffers = device.arena.createdCount
  expect(() => executor.run(evaluation.plan)).toThrow('is not ready')

  await executor.ready()
  await executor.ready()
  const all = compiled
  expect(all).toBeGreaterThan(foreseen)
  expect(device.arena.createdCount).toBe(buffers)
  await device.build(session.plans, session.reads)
  expect(compiled).toBe(all)
})

test('on the processor graphs are opened after what runs already, and their bytes do not change with them', async () => {
  const device = wasmForTests()
  const model = await loadRandomModel((tensor, data) => device.write(tensor, data), tinyConfig, 'float32')
  const session = recordTrainingSession(model, modelRunSettings)
  const { training, evaluation, batch, later = [] } = session
  const executor = await device.build(session.plans, session.reads, later)
  const bytes = device.bytesByRole()
  writeRandomBatch((tensor, data) => executor.write(tensor, data), batch, tinyConfig.vocabulary)
  executor.run(training.micro)
  expect(() => executor.run(evaluation.plan)).toThrow('is not ready')
  await executor.ready()
  executor.run(evaluation.plan)
  const losses = new Float32Array(await executor.read(evaluation.rowLoss))
  expect(losses.some((loss) => loss > 0)).toBe(true)
  expect(device.bytesByRole()).toEqual(bytes)
  executor.dispose()
})
