// Our forward: the plans of the page, on the GPU or, as graphs, on the processor.
import { flopsOf, recordGenerationSession } from '../../../src/engine/session'
import { Generator } from '../../../src/generation/generator'
import { tensorsOfModel } from '../../../src/models/model'
import { placeModel, PROMPT_TOKENS, recordLogits, writeTokens } from './task.mjs'

export async function plume(task, { device, precision, name }) {
  const model = await placeModel(task, device, precision)
  const probe = recordLogits(model, PROMPT_TOKENS)
  const { generation, ...session } = recordGenerationSession(model, null, PROMPT_TOKENS + 1)
  const reads = [...session.reads, { tensors: [probe.logits], depth: 1 }]
  const executor = await device.build([probe.plan, ...session.plans], reads)
  writeTokens(executor, probe, task.prompt)
  const generator = new Generator(executor, generation, task.loaded.tokenizer)
  const read = async (tensor) => new Float32Array(await executor.read(tensor))
  const repeat = async (plan, count) => {
    for (let i = 0; i < count; i++) executor.run(plan)
    await device.idle()
  }
  // Says where the cache stands; every run of the plan after it does the same again.
  const decode = () => generator.decode(task.next, PROMPT_TOKENS)
  return {
    name,
    flops: { rows: flopsOf(probe.plan), token: flopsOf(generation.decode.plan) },
    logits: async () => {
      executor.run(probe.plan)
      const rows = await read(probe.logits)
      await generator.prefill(task.prompt)
      return { rows, token: await decode() }
    },
    ready: { token: decode },
    run: {
      rows: (count) => repeat(probe.plan, count),
      // As the page reads a prompt: in blocks, the head on one row, which comes back.
      'last row': async (count) => {
        for (let i = 0; i < count; i++) await generator.prefill(task.prompt)
      },
      token: (count) => repeat(generation.decode.plan, count),
    },
    dispose: async () => {
      executor.dispose()
      await device.idle()
      const { tokens, labels, positions, run } = probe.batch
      const inputs = [tokens, labels, positions, run.scalars, run.counters, run.metrics, probe.logits]
      for (const tensor of [...inputs, ...session.owned, ...tensorsOfModel(model)]) device.free(tensor)
    },
  }
}
