// What a training step of a real model is planned to take: the figures of docs/performance.md, and how far the planner
// is from what no planner could go below.
import { expect, test } from 'vitest'
import { estimateRun } from '../../../src/engine/estimate'
import { presets } from '../../../src/engine/presets'
import { recordTrainingSession } from '../../../src/engine/session'
import { catalogue } from '../../../src/hub/catalogue'
import { linearNamesOf, readModelConfig } from '../../../src/models/config'
import { declareModel } from '../../../src/models/model'
import { planMemory, totalBytes } from '../../../src/plan/memory'
import { tensorsOf, type Plan } from '../../../src/plan/plan'
import { sizeBytes, type Tensor } from '../../../src/plan/tensor'

const MIB = 2 ** 20
const config = readModelConfig(catalogue.find(({ id }) => id.endsWith('/SmolLM2-135M'))?.config)
const settings = {
  ...presets.balanced,
  targets: linearNamesOf(config),
  rank: 16,
  batchSize: 1,
  sequenceLength: 512,
  usesCheckpointing: true,
}

test.each([
  ['int8', 400],
  ['float32', 740],
] as const)('SmolLM2-135M in %s trains in at most %i MiB (512 tokens, rank 16, checkpointing)', (precision, most) => {
  const { memory } = estimateRun(config, { ...settings, precision })
  expect(totalBytes(memory) / MIB).toBeLessThanOrEqual(most)
})

test.each(['SmolLM2-135M', 'Qwen2.5-0.5B', 'Qwen3-0.6B', 'gpt2'])(
  'activations of %s take at most 15 % more than those that are needed at one time',
  (name) => {
    const one = readModelConfig(catalogue.find(({ id }) => id.endsWith(`/${name}`))?.config)
    for (const usesCheckpointing of [true, false]) {
      const changed = { ...settings, precision: 'int8', targets: linearNamesOf(one), usesCheckpointing } as const
      const { micro } = recordTrainingSession(declareModel(one, 'int8'), changed).training
      const planned = planMemory(micro).slotBytes.reduce((sum, bytes) => sum + bytes, 0)
      expect(planned / largestLiveBytes(micro)).toBeLessThanOrEqual(1.15)
    }
  },
)

/** Bytes of the activations that one step needs or that live on beyond it, where there are most. */
function largestLiveBytes({ steps }: Plan): number {
  const last = new Map<Tensor, number>()
  const used = steps.map((step) =>
    (['read', 'update', 'write'] as const)
      .flatMap((access) => tensorsOf(step, access))
      .map(({ base }) => base)
      .filter(({ isPersistent }) => !isPersistent),
  )
  for (const [index, tensors] of used.entries()) for (const tensor of tensors) last.set(tensor, index)
  const live = new Set<Tensor>()
  let bytes = 0
  let largest = 0
  for (const [index, tensors] of used.entries()) {
    for (const tensor of tensors) {
      if (!live.has(tensor)) bytes += sizeBytes(tensor)
      live.add(tensor)
    }
    largest = Math.max(largest, bytes)
    for (const tensor of tensors) {
      if (last.get(tensor) !== index || !live.delete(tensor)) continue
      bytes -= sizeBytes(tensor)
    }
  }
  return largest
}
