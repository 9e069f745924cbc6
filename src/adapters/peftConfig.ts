// adapter_config.json: a closed schema for what we read, the smallest set of keys for what we write.
//
// Old loaders crash on keys they do not know (PEFT before 0.14), Ollama decodes lora_alpha as an integer,
// and PEFT's defaults for missing keys (r 8, alpha 8) are silent. So every needed key is written, and no other.
import * as v from 'valibot'
import { decodeUtf8, encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { parseStrictJson, type StrictJson } from '../formats/strictJson'
import { unsupportedAdapter, type UnsupportedReason } from './refusals'

export interface PeftConfig {
  readonly rank: number
  readonly alpha: number
  readonly useRsLora: boolean
  /** Other ranks and alphas for modules whose path ends with the key. The first key that fits counts. */
  readonly rankPattern: Readonly<Record<string, number>>
  readonly alphaPattern: Readonly<Record<string, number>>
  /**
   * Module names as the file gives them: a module is adapted when its path ends with one of them. Null where a regular
   * expression says it, or exceptions besides: then the weights alone say.
   */
  readonly targets: readonly string[] | null
  /** Only these layers are adapted; null for all. */
  readonly layers: readonly number[] | null
  /** Empty when the file does not name it. Foreign text, only ever shown. */
  readonly baseModel: string
  /** `unknown-key:<name>` for each key that says something and that we do not know or do not follow. */
  readonly notes: readonly string[]
}

export interface PeftConfigToWrite {
  readonly rank: number
  /** A whole number. */
  readonly alpha: number
  readonly useRsLora: boolean
  readonly rankPattern?: Readonly<Record<string, number>>
  readonly alphaPattern?: Readonly<Record<string, number>>
  /** Matrices of the base lie [inputs, outputs], as GPT-2's do. */
  readonly fanInFanOut: boolean
  readonly dropout: number
  readonly targets: readonly string[]
  readonly baseModel: string
}

const MAX_CONFIG_BYTES = 256 * 1024
const MAX_DEPTH = 6
const MAX_RANK = 1024
const MAX_ALPHA = 65_536
const MAX_TARGETS = 1024
const MAX_NAME_LENGTH = 512
const MAX_LAYER = 4096

/**
 * @throws AppError `run/settings-invalid` when alpha is not a whole number.
 */
export function writePeftConfig(config: PeftConfigToWrite): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(config.alpha)) {
    throw new AppError('run/settings-invalid', { message: `alpha ${config.alpha}; adapters need a whole number` })
  }
  const values: Record<string, unknown> = {
    base_model_name_or_path: config.baseModel,
    bias: 'none',
    fan_in_fan_out: config.fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    modules_to_save: null,
    peft_type: 'LORA',
    r: config.rank,
    target_modules: [...config.targets].sort(),
    task_type: 'CAUSAL_LM',
    // PEFT before 0.8 does not know the key, so it is written only when it matters.
    ...(config.useRsLora ? { use_rslora: true } : {}),
    ...(hasKeys(config.rankPattern) ? { rank_pattern: config.rankPattern } : {}),
    ...(hasKeys(config.alphaPattern) ? { alpha_pattern: config.alphaPattern } : {}),
  }
  return encodeUtf8(`${JSON.stringify(values, null, 2)}\n`)
}

/** @throws AppError `adapter/config-invalid`, or `adapter/unsupported` for another kind of adapter. */
export function readPeftConfig(bytes: Uint8Array): PeftConfig {
  if (bytes.byteLength > MAX_CONFIG_BYTES) throw invalid(`${bytes.byteLength} bytes, over ${MAX_CONFIG_BYTES}`)
  let root: StrictJson
  try {
    root = parseStrictJson(decodeUtf8(bytes), { maxDepth: MAX_DEPTH })
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : 'not JSON', cause)
  }
  if (!(root instanceof Map)) throw invalid('no JSON object')
  const kind = root.get('peft_type')
  if (typeof kind === 'string' && kind !== 'LORA') throw unsupportedAdapter('kind', `peft_type ${kind}`)
  for (const [key, value] of root) {
    const reason = unsupportedKeys.get(key)
    if (reason && saysSomething(value)) throw unsupportedAdapter(reason, key)
  }
  for (const key of ['rank_pattern', 'alpha_pattern']) {
    const value = root.get(key)
    if (value instanceof Map && ![...value.keys()].every((one) => PLAIN_KEY.test(one))) {
      throw unsupportedAdapter('pattern', key)
    }
  }
  const parsed = v.safeParse(configSchema, Object.fromEntries(root))
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw invalid(`${issue.path?.map(({ key }) => String(key)).join('.') ?? ''}: ${issue.message.slice(0, 200)}`)
  }
  const { r, lora_alpha, use_rslora, rank_pattern, alpha_pattern, ...rest } = parsed.output
  const { base_model_name_or_path, layers_to_transform: asked } = rest
  const layers = typeof asked === 'number' ? [asked] : (asked ?? [])
  if (rest.bias !== 'none') throw unsupportedAdapter('bias', `bias ${rest.bias}`)
  const task = rest.task_type ?? 'CAUSAL_LM'
  if (task !== 'CAUSAL_LM') throw unsupportedAdapter('task', `task_type ${task}`)
  if (typeof rest.init_lora_weights === 'string' && !plainInits.has(rest.init_lora_weights)) {
    // PiSSA, OLoRA, LoftQ and CorDA change the base too, so that A and B alone are not the adapter.
    throw unsupportedAdapter('start', `init_lora_weights ${rest.init_lora_weights}`)
  }
  const targets = typeof rest.target_modules === 'string' ? [rest.target_modules] : rest.target_modules
  const isPlain = targets.every((target) => PLAIN_TARGET.test(target))
  const isKnown = (key: string): boolean =>
    key === 'target_modules' ? isPlain : readKeys.has(key) || silentKeys.has(key)
  return {
    rank: r,
    alpha: lora_alpha,
    useRsLora: use_rslora ?? false,
    rankPattern: rank_pattern ?? {},
    alphaPattern: alpha_pattern ?? {},
    targets: isPlain && !saysSomething(root.get('exclude_modules') ?? null) ? targets : null,
    layers: layers.length > 0 ? layers : null,
    baseModel: base_model_name_or_path ?? '',
    notes: [...root]
      .filter(([key, value]) => !isKnown(key) && saysSomething(value))
      .map(([key]) => `unknown-key:${key.slice(0, 80)}`)
      .slice(0, 20),
  }
}

/** A plain name or path suffix. A regular expression is never run, since a stranger's may never end. */
const PLAIN_TARGET = /^[\w.-]{1,256}$/
/** Those that Unsloth writes for all layers of a model are the longest that are known: about 600 characters. */
const MAX_TARGET_LENGTH = 4096
const targetSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TARGET_LENGTH))
const name = v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH))

const layer = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_LAYER))
const rank = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_RANK))
const alpha = v.pipe(v.number(), v.gtValue(0), v.maxValue(MAX_ALPHA))

/** For PEFT a key may be a regular expression; we read plain ends of paths, with its mark for a whole path. */
const PLAIN_KEY = /^\^?[\w.]{1,256}$/

const pattern = <Value extends v.GenericSchema<unknown, number>>(value: Value) =>
  v.pipe(
    v.map(v.string(), value),
    v.maxSize(MAX_TARGETS),
    v.transform((map) => Object.fromEntries([...map].map(([key, one]) => [key.replace('^', ''), one]))),
  )

const configSchema = v.object({
  peft_type: v.literal('LORA'),
  r: rank,
  lora_alpha: alpha,
  rank_pattern: v.nullish(pattern(rank)),
  alpha_pattern: v.nullish(pattern(alpha)),
  lora_dropout: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  target_modules: v.union([targetSchema, v.pipe(v.array(targetSchema), v.minLength(1), v.maxLength(MAX_TARGETS))]),
  layers_to_transform: v.nullish(v.union([layer, v.pipe(v.array(layer), v.maxLength(MAX_LAYER))])),
  base_model_name_or_path: v.nullish(name),
  bias: v.optional(v.picklist(['none', 'all', 'lora_only']), 'none'),
  task_type: v.nullish(name),
  use_rslora: v.nullish(v.boolean()),
  fan_in_fan_out: v.nullish(v.boolean()),
  init_lora_weights: v.nullish(v.union([v.boolean(), v.string()])),
})

const readKeys: ReadonlySet<string> = new Set(Object.keys(configSchema.entries))

const plainInits: ReadonlySet<string> = new Set(['gaussian', 'eva', 'orthogonal'])

/** They change what A and B mean, or add weights beside them. */
const unsupportedKeys: ReadonlyMap<string, UnsupportedReason> = new Map([
  ['alora_invocation_tokens', 'activated'],
  ['arrow_config', 'kind'],
  ['kasa_config', 'kind'],
  ['layer_replication', 'repeated-layers'],
  ['lora_bias', 'bias'],
  ['modules_to_save', 'saved-module'],
  ['target_parameters', 'experts'],
  ['trainable_token_indices', 'embedding'],
  ['use_bdlora', 'kind'],
  ['use_dora', 'dora'],
  ['use_qalora', 'kind'],
])

/** Known, and without effect on what an adapter computes. */
const silentKeys: ReadonlySet<string> = new Set([
  'exclude_modules', // which modules are adapted, the weights say
  'inference_mode',
  'layers_pattern',
  'peft_version',
  'qalora_group_size',
  'revision',
  'megatron_core', // a module to import in PEFT; nothing is imported here, whatever its value
])

/** PEFT writes every default: null, false, 0, {} and []. */
function saysSomething(value: StrictJson): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (value instanceof Map) return value.size > 0
  return value !== null && value !== false && value !== 0 && value !== ''
}

function hasKeys(pattern: Readonly<Record<string, number>> | undefined): boolean {
  return Object.keys(pattern ?? {}).length > 0
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('adapter/config-invalid', { message: `adapter_config.json: ${message}`, cause })
}
