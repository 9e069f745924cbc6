// What every contender computes: the embedded model on the same tokens. The logits are known from the reference functions
// in float64, which know nothing of blocks, caches or graphs.
import { LoadedModel } from '../../../src/engine/loadedModel'
import { declareModel, layoutOn } from '../../../src/models/model'
import { openServedModel } from '../../../src/platform/servedModel'
import { ReferenceExecutor } from '../../../src/reference/executor'
import { positionsOf } from '../../../src/training/program'
import { recordProbe } from '../../../src/training/probe'

export const PROMPT_TOKENS = 128

export async function openTask() {
  const loaded = await LoadedModel.open('plume-stories', await openServedModel('/models/plume-stories'))
  const { vocabulary } = loaded.config
  // The one after the prompt is what is decoded.
  const tokens = Array.from({ length: PROMPT_TOKENS + 1 }, (_, index) => (17 + 31 * index) % vocabulary)
  return { loaded, prompt: tokens.slice(0, -1), next: tokens.at(-1), tokens }
}

/** A model of ours whose weights lie on `device`. */
export async function placeModel({ loaded }, device, precision) {
  const model = declareModel(loaded.config, precision, layoutOn(device, loaded.config))
  await loaded.fill(model, (tensor, data) => device.write(tensor, data))
  return model
}

/** The plan that gives the logits after each of `count` tokens. */
export function recordLogits(model, count) {
  return recordProbe(model, null, { sequenceLength: count, sequences: [] })
}

export function writeTokens(executor, { batch }, tokens) {
  executor.write(batch.tokens, Uint32Array.from(tokens))
  executor.write(batch.positions, positionsOf({ batchSize: 1, sequenceLength: tokens.length }))
}

/** The logits after each token of the prompt, and after the next one, by the reference functions. */
export async function referenceLogits(task, precision) {
  const model = declareModel(task.loaded.config, precision)
  const executor = new ReferenceExecutor({ double: true })
  await task.loaded.fill(model, (tensor, data) => executor.write(tensor, data))
  const probe = recordLogits(model, task.tokens.length)
  writeTokens(executor, probe, task.tokens)
  executor.run(probe.plan)
  const logits = new Float32Array(await executor.read(probe.logits))
  const { vocabulary } = task.loaded.config
  return { rows: logits.subarray(0, -vocabulary), token: logits.subarray(-vocabulary) }
}
