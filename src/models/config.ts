// A model's shape, read from the config.json of a Hugging Face model, and what follows from the shape.
import * as v from 'valibot'
import { defined } from '../base/assert'
import type { Family, FamilyName, LinearName, LinearShape, ModelConfig } from './families/family'
import { gpt2 } from './families/gpt2'
import { llama } from './families/llama'
import { qwen2 } from './families/qwen2'
import { qwen3 } from './families/qwen3'
import { readFields, refuse } from './families/readConfig'

export type { FamilyName, LinearName, LinearShape, ModelConfig, RopeConfig } from './families/family'

const families: Readonly<Record<FamilyName, Family>> = { llama, qwen2, qwen3, gpt2 }

export function familyOf({ family }: ModelConfig): Family {
  return families[family]
}

const kind = v.looseObject({ model_type: v.string() })

/**
 * Reads a parsed config.json.
 *
 * @throws AppError `model/config-invalid` when a field is missing or out of range, `model/unsupported` when the
 * architecture or one of its options is not built.
 */
export function readModelConfig(json: unknown): ModelConfig {
  const { model_type: name } = readFields(kind, json)
  const family = Object.values(families).find((one) => one.name === name)
  return family ? family.readConfig(json) : refuse(`model_type ${name.slice(0, 80)}`)
}

/** The linears of a model's blocks, in the order they are computed. */
export function linearNamesOf(config: ModelConfig): readonly LinearName[] {
  return familyOf(config).linears.map(({ name }) => name)
}

/** The same, those of one input together: see `Family.joined`. */
export function linearsByInput(config: ModelConfig): readonly (readonly LinearName[])[] {
  const { joined } = familyOf(config)
  const alone = linearNamesOf(config).filter((name) => !joined.flat().includes(name))
  return [...joined, ...alone.map((name) => [name])]
}

export function linearShape(config: ModelConfig, name: LinearName): LinearShape {
  return linearPart(config, name).shape(config)
}

/** `model.layers.0.self_attn.q_proj`, the name both checkpoints and PEFT adapters build on. */
export function linearPath(config: ModelConfig, layer: number, name: LinearName): string {
  return `${familyOf(config).modules.layers}.${layer}.${linearPart(config, name).path}`
}

export function parameterCount(config: ModelConfig): number {
  const { linears, norms, modules, normKind } = familyOf(config)
  const { width, vocabulary, maxTokens, hasTiedHead, linearsWithBias } = config
  const perNorm = normKind === 'layer' ? 2 : 1
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
  const layer =
    sum(
      linears.map(({ name, shape }) => {
        const { inputs, outputs } = shape(config)
        return inputs * outputs + (linearsWithBias.includes(name) ? outputs : 0)
      }),
    ) + sum(norms.map((norm) => perNorm * norm.width(config)))
  const embeddings = vocabulary * width * (hasTiedHead ? 1 : 2) + (modules.positions ? maxTokens * width : 0)
  return config.layers * layer + embeddings + perNorm * width
}

function linearPart(config: ModelConfig, name: LinearName) {
  const part = familyOf(config).linears.find((one) => one.name === name)
  return defined(part, `${name} of ${config.family}`)
}
