// How many dispatches SmolLM2-135M takes. On Vulkan and Metal each costs 24 to 71 µs beside its work (arXiv 2604.02344), which
// is most of what a token takes; a software adapter cannot show it, so the count is held here.
import { expect, test } from 'vitest'
import { presets } from '../../../src/engine/presets'
import { recordTrainingSession } from '../../../src/engine/session'
import { catalogue } from '../../../src/hub/catalogue'
import { linearNamesOf, readModelConfig, type LinearName } from '../../../src/models/config'
import { declareModel } from '../../../src/models/model'

const config = readModelConfig(catalogue.find(({ id }) => id.endsWith('/SmolLM2-135M'))?.config)

function dispatchesOf(targets: readonly LinearName[]) {
  const shape = { rank: 16, batchSize: 1, sequenceLength: 512, usesCheckpointing: false, precision: 'int8' as const }
  const session = recordTrainingSession(declareModel(config, 'int8'), { ...presets.balanced, targets, ...shape })
  const { training, evaluation, generation } = session
  return {
    step: training.micro.steps.length + training.update.steps.length,
    evaluation: evaluation.plan.steps.length,
    prefill: generation.prefill.plan.steps.length,
    token: generation.decode.plan.steps.length,
  }
}

test.each([
  ['all linears', linearNamesOf(config), { step: 959, evaluation: 409, prefill: 394, token: 393 }],
  ['queries and values', ['q_proj', 'v_proj'], { step: 748, evaluation: 349, prefill: 334, token: 333 }],
] as const)('an adapter on %s takes no more than these', (_, targets, most) => {
  const dispatches = dispatchesOf(targets)
  for (const [what, limit] of Object.entries(most)) {
    expect(dispatches[what as keyof typeof dispatches], what).toBeLessThanOrEqual(limit)
  }
})
