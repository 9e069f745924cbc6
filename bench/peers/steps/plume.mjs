// Our step: the plans of a training run, as its loop runs them.
import { GpuExecutor } from '../../../src/gpu/executor'
import { flopsOf } from '../../../src/engine/session'
import { tensorsOfModel } from '../../../src/models/model'
import { tensorsOfTrained } from '../../../src/models/trained'
import { firstLosses, recordTask, writeStep } from './task.mjs'

export async function plume(gpu, task, { kind, name }) {
  const recorded = recordTask(task, kind)
  const { micro, update, batch, model, trained } = recorded
  const executor = await GpuExecutor.build(gpu, [micro, update], [{ tensors: [batch.run.metrics], depth: 3 }])
  for (const [tensor, data] of recorded.writes) executor.write(tensor, data)
  const losses = await firstLosses(executor, recorded)
  let step = losses.length
  return {
    name,
    reference: kind,
    losses,
    dispatches: micro.steps.length + update.steps.length,
    flops: flopsOf(micro) + flopsOf(update),
    run: async (count) => {
      for (let i = 0; i < count; i++) {
        writeStep(executor, recorded, step++)
        executor.run(micro)
        executor.run(update)
      }
      await gpu.device.queue.onSubmittedWorkDone()
    },
    dispose: () => {
      executor.dispose()
      const { tokens, labels, positions, run } = batch
      const inputs = [tokens, labels, positions, run.scalars, run.counters, run.metrics]
      for (const tensor of [...inputs, ...tensorsOfModel(model), ...tensorsOfTrained(trained)]) gpu.free(tensor)
    },
  }
}
