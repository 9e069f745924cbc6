// The catalogue's shapes, and what the planner says of them against what would really be allocated.
import { describe, expect, test } from 'vitest'
import { estimateRun } from '../../../src/engine/estimate'
import { presets } from '../../../src/engine/presets'
import { recordTrainingSession, sessionMemory } from '../../../src/engine/session'
import { GpuExecutor } from '../../../src/gpu/executor'
import { Gpu } from '../../../src/gpu/gpu'
import { catalogue } from '../../../src/hub/catalogue'
import { linearNamesOf, parameterCount, readModelConfig } from '../../../src/models/config'
import { declareModel, tensorsOfModel, type Precision } from '../../../src/models/model'
import { fitOf } from '../../../src/components/fit'
import { countingDevice } from '../../helpers/countingDevice'

/** As the makers' files count them. */
const parameters: Readonly<Record<string, number>> = {
  'HuggingFaceTB/SmolLM2-135M': 134_515_008,
  'HuggingFaceTB/SmolLM2-135M-Instruct': 134_515_008,
  'HuggingFaceTB/SmolLM2-360M': 361_821_120,
  'HuggingFaceTB/SmolLM2-360M-Instruct': 361_821_120,
  'Qwen/Qwen2.5-0.5B': 494_032_768,
  'Qwen/Qwen3-0.6B': 596_049_920,
  'meta-llama/Llama-3.2-1B': 1_235_814_400,
  'TinyLlama/TinyLlama-1.1B-Chat-v1.0': 1_100_048_384,
  'openai-community/gpt2': 124_439_808,
}

describe.each(catalogue)('$id', ({ id, config: json }) => {
  const config = readModelConfig(json)
  const settings = { ...presets.balanced, targets: linearNamesOf(config) }

  test('its shape gives the weights that its makers count', () => {
    expect(parameterCount(config)).toBe(parameters[id])
  })

  test.each([
    ['float32', 4],
    ['int8', 1],
  ] as const)('no buffer is larger than what every WebGPU device can bind, in %s', (precision, elementBytes) => {
    // The embedding of Llama 3.2 is 1.05 GB, that of Qwen 544 MB: they lie in parts, and in no more than that takes.
    expect(estimateRun(config, { ...settings, precision }).largestBufferBytes).toBeLessThanOrEqual(2 ** 27)
    const parts = Math.ceil((elementBytes * config.vocabulary * config.width) / 2 ** 27)
    expect(declareModel(config, precision).embedding).toHaveLength(parts)
  })

  test.each<Precision>(['float32', 'int8'])('in %s the planned bytes are those of the ledger', async (precision) => {
    const gpu = new Gpu(countingDevice())
    const model = declareModel(config, precision)
    for (const tensor of tensorsOfModel(model)) gpu.place(tensor)
    const session = recordTrainingSession(model, { ...settings, precision })
    await GpuExecutor.build(gpu, session.plans, session.reads)
    expect(gpu.arena.bytesByRole()).toEqual(sessionMemory(session))
    expect(estimateRun(config, { ...settings, precision }).memory).toEqual(sessionMemory(session))
  })
})

test('a model fits by its largest buffer first, then by the whole run', () => {
  const estimate = { largestBytes: 2 ** 30, totalBytes: 2 ** 32 }
  const limits = (maxBufferBytes: number, maxBindingBytes = maxBufferBytes) => ({ maxBufferBytes, maxBindingBytes })
  expect(fitOf(estimate, limits(1e9))).toBe('doesNotFit')
  expect(fitOf(estimate, limits(2 ** 32, 2 ** 27))).toBe('doesNotFit')
  expect(fitOf(estimate, limits(2 ** 31))).toBe('tight')
  expect(fitOf(estimate, limits(2 ** 34))).toBe('fits')
})
