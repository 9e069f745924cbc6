// The step in webgpu-llm, whose kernels want shader-f16 and subgroups of 32 lanes, also where weights are float32 as here.
// Its head is the embedding, its matrices lie as [in, out], and its RoPE turns neighbours (2p, 2p+1) where Llama turns
// (p, p + half): rows of q and k in another order make both the same model.
import { LLMEngine, Model } from 'webgpu-llm/llm'
import { CHECKED_STEPS, LEARNING_RATE, optimizer } from './task.mjs'

const matrices = {
  wq: 'q_proj',
  wk: 'k_proj',
  wv: 'v_proj',
  wo: 'o_proj',
  w_gate: 'gate_proj',
  w_up: 'up_proj',
  w_down: 'down_proj',
}

let opened = null

/** @throws where the adapter is none that it takes */
export function webgpuLlmEngine() {
  opened ??= new LLMEngine().init()
  return opened
}

function turned({ values, shape: [outputs, inputs] }, rowOf = (row) => row) {
  const result = new Float32Array(values.length)
  for (let row = 0; row < outputs; row++) {
    const from = rowOf(row) * inputs
    for (let column = 0; column < inputs; column++) result[column * outputs + row] = values[from + column]
  }
  return result
}

function weightsOf({ config, weights }) {
  const { headWidth, layers } = config
  const values = (name) => weights.get(name).values
  const paired = (row) => {
    const at = row % headWidth
    return row - at + (at % 2 === 0 ? at / 2 : headWidth / 2 + (at - 1) / 2)
  }
  const list = [
    { name: 'tok_emb', data: values('embedding') },
    { name: 'final_norm_w', data: values('final norm weight') },
  ]
  for (let layer = 0; layer < layers; layer++) {
    const ours = `layer ${layer}`
    list.push({ name: `L${layer}.attn_norm_w`, data: values(`${ours} input_layernorm weight`) })
    list.push({ name: `L${layer}.ffn_norm_w`, data: values(`${ours} post_attention_layernorm weight`) })
    for (const [name, linear] of Object.entries(matrices)) {
      const isRotated = linear === 'q_proj' || linear === 'k_proj'
      const data = turned(weights.get(`${ours} ${linear}`), isRotated ? paired : undefined)
      list.push({ name: `L${layer}.${name}`, data })
    }
  }
  return list
}

export async function webgpuLlm(task, { name, kind }) {
  const { config, length, tokens, labels } = task
  const llm = await webgpuLlmEngine()
  const model = new Model(llm, {
    d_model: config.width,
    n_heads: config.heads,
    n_kv_heads: config.keyValueHeads,
    kv_dim: config.keyValueHeads * config.headWidth,
    head_dim: config.headWidth,
    n_layers: config.layers,
    d_ff: config.feedForward,
    activation: 'swiglu',
    vocab_size: config.vocabulary,
    seq_len: length,
    rms_eps: config.normEpsilon,
  })
  model.allocate()
  model.allocActivations()
  model.allocBackward()
  model.importWeights(weightsOf(task))
  const { beta1, beta2, epsilon } = optimizer
  const adam = { lr: LEARNING_RATE, beta1, beta2, adam_eps: epsilon, weight_decay: 0, grad_clip: 1e30 }
  // It reads the loss back in every step, and its functions have no other way.
  const take = async () => {
    const loss = await model.forwardLoss(tokens, labels)
    await model.backward(tokens)
    await model.step(adam)
    return loss
  }
  const losses = []
  for (let i = 0; i < CHECKED_STEPS; i++) losses.push(await take())
  return {
    name,
    reference: kind,
    losses,
    run: async (count) => {
      for (let i = 0; i < count; i++) await take()
      await llm.device.queue.onSubmittedWorkDone()
    },
    dispose: () => model.destroy(),
  }
}
