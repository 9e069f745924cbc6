// ONNX Runtime Web with the file that Share offers. Its graph gives the logits of every row; token ids come from the page,
// the cache and the logits stay where they were made.
import { onnxModel } from '../../../src/engine/onnxModel'
import { PROMPT_TOKENS } from './task.mjs'

export async function onnx(task, { runtime, provider, device, precision, name }) {
  const { layers, keyValueHeads, headWidth } = task.loaded.config
  const bytes = await onnxModel(task.loaded, { precision, merge: null })
  const session = await runtime.InferenceSession.create(bytes, {
    executionProviders: [provider === 'webgpu' ? { name: provider, device } : provider],
    ...(provider === 'webgpu' && { preferredOutputLocation: 'gpu-buffer' }),
    logSeverityLevel: 3,
  })
  const ids = (values) => new runtime.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
  const inputs = (tokens, past) => ({
    input_ids: ids(tokens),
    attention_mask: ids(Array.from({ length: past + tokens.length }, () => 1)),
    position_ids: ids(tokens.map((_, index) => past + index)),
  })
  const ends = Array.from({ length: layers }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat()
  const cacheOf = (give) => Object.fromEntries(ends.map((end) => [`past_key_values.${end}`, give(end)]))
  const empty = () => new runtime.Tensor('float32', new Float32Array(), [1, keyValueHeads, 0, headWidth])

  const promptFeeds = { ...inputs(task.prompt, 0), ...cacheOf(empty) }
  const { logits: rows, ...present } = await session.run(promptFeeds)
  const tokenFeeds = { ...inputs([task.next], PROMPT_TOKENS), ...cacheOf((end) => present[`present.${end}`]) }
  const dispose = (outputs) => {
    for (const tensor of Object.values(outputs)) tensor.dispose()
  }
  const repeat = async (feeds, count) => {
    for (let i = 0; i < count; i++) dispose(await session.run(feeds))
    if (provider === 'webgpu') await device.queue.onSubmittedWorkDone()
  }
  const logitsOf = async (feeds) => {
    const outputs = await session.run(feeds)
    const logits = Float32Array.from(await outputs.logits.getData())
    dispose(outputs)
    return logits
  }
  rows.dispose()
  return {
    name,
    logits: async () => ({ rows: await logitsOf(promptFeeds), token: await logitsOf(tokenFeeds) }),
    run: {
      rows: (count) => repeat(promptFeeds, count),
      token: (count) => repeat(tokenFeeds, count),
    },
    dispose: () => {
      dispose(present)
      return session.release()
    },
  }
}
