// What a family of models says of itself: how its config.json reads, what its weights are called, and what
// one of its blocks computes. model.ts, weights.ts and lora.ts do the rest for all of them.
import type { Plan } from '../../plan/plan'
import type { Tensor } from '../../plan/tensor'

export type FamilyName = 'llama' | 'qwen2' | 'qwen3' | 'gpt2'

/**
 * The linears of a block, by the shortest name that is theirs alone: what PEFT calls a target module. Those of
 * Llama, Qwen2 and Qwen3, and those of GPT-2.
 */
export const linearNames = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
export const gpt2LinearNames = ['c_attn', 'attn.c_proj', 'c_fc', 'mlp.c_proj'] as const

export type LinearName = (typeof linearNames)[number] | (typeof gpt2LinearNames)[number]

export interface ModelConfig {
  readonly family: FamilyName
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
  readonly feedForward: number
  readonly vocabulary: number
  readonly maxTokens: number
  readonly normEpsilon: number
  /** null: positions are a learned table that is added to the embedding. */
  readonly rope: RopeConfig | null
  readonly hasTiedHead: boolean
  readonly linearsWithBias: readonly LinearName[]
}

export interface RopeConfig {
  readonly theta: number
  readonly scaling: RopeScaling | null
}

/** How a model was stretched to more positions than it was first trained on. */
export type RopeScaling =
  | { readonly kind: 'linear'; readonly factor: number }
  /** What any scaling comes to: the frequency of pair i is divided by factors[i]. */
  | { readonly kind: 'factors'; readonly factors: readonly number[] }
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalMaxTokens: number
    }

export interface LinearShape {
  readonly inputs: number
  readonly outputs: number
}

export interface LinearPart {
  readonly name: LinearName
  /** Its module within a layer, such as self_attn.q_proj. */
  readonly path: string
  readonly shape: (config: ModelConfig) => LinearShape
}

export interface NormPart {
  /** Its module within a layer, such as input_layernorm. */
  readonly path: string
  readonly width: (config: ModelConfig) => number
}

/** What a block is built from: the weights of its layer are bound in. */
export interface BlockParts {
  readonly plan: Plan
  readonly config: ModelConfig
  /** Over the last axis, or over each run of it as long as the norm's weight. */
  readonly norm: (path: string, x: Tensor) => Tensor
  /** With its bias and its adapter, where it has them, and added to `plus`: the residual connection. */
  readonly linear: (name: LinearName, x: Tensor, options?: { readonly plus?: Tensor }) => Tensor
  /** Several of one input, as `linear` does: together where their weights and adapters allow. In the order of `names`. */
  readonly linears: <N extends readonly LinearName[]>(names: N, x: Tensor) => { readonly [K in keyof N]: Tensor }
  /** Rotary positions, where the model has them, and causal attention: [.., H * D], [.., K * D], [.., K * D] -> [.., H * D] */
  readonly attend: (q: Tensor, k: Tensor, v: Tensor) => Tensor
}

export interface Family {
  readonly name: FamilyName
  /** As people write it. */
  readonly title: string
  /** @throws AppError `model/config-invalid`, `model/unsupported` */
  readonly readConfig: (json: unknown) => ModelConfig
  readonly normKind: 'rms' | 'layer'
  /** Matrices lie [inputs, outputs] in the checkpoint (Conv1D), and PEFT calls it fan_in_fan_out. */
  readonly isTransposed: boolean
  /** Modules beside the layers, as Hugging Face's checkpoints name them. */
  readonly modules: {
    readonly embedding: string
    readonly positions?: string
    readonly layers: string
    readonly finalNorm: string
  }
  readonly linears: readonly LinearPart[]
  /** Linears that read the same input, at most three: those first that adapters have most often. */
  readonly joined: readonly (readonly LinearName[])[]
  readonly norms: readonly NormPart[]
  readonly block: (parts: BlockParts, x: Tensor) => Tensor
}
