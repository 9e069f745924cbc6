// A decoder of ours in ONNX Runtime Web: tokens in, logits out, with its cache from one call to the next.
import type { InferenceSession, Tensor } from 'onnxruntime-web'
import type { ModelConfig } from '../models/config'
import type { OnnxRuntime } from '../onnx/runtime'

export type OnnxProvider = 'webgpu' | 'wasm'

/** The package, and where it can compute here. On WebGPU it opens a device of its own. */
export interface OnnxEnvironment {
  readonly runtime: OnnxRuntime
  readonly providers: readonly OnnxProvider[]
}

export class OnnxSession {
  readonly #runtime: OnnxRuntime
  readonly #session: InferenceSession
  readonly #config: ModelConfig
  #cache: Readonly<Record<string, Tensor>>
  #length = 0

  private constructor(runtime: OnnxRuntime, session: InferenceSession, config: ModelConfig) {
    this.#runtime = runtime
    this.#session = session
    this.#config = config
    this.#cache = this.#emptyCache()
  }

  static async open(
    runtime: OnnxRuntime,
    bytes: Uint8Array,
    config: ModelConfig,
    provider: OnnxProvider,
  ): Promise<OnnxSession> {
    const session = await runtime.InferenceSession.create(bytes, {
      executionProviders: [provider],
      // The cache stays where it was made; only logits come back.
      ...(provider === 'webgpu' && {
        preferredOutputLocation: Object.fromEntries(presentNames(config).map((name) => [name, 'gpu-buffer' as const])),
      }),
      logSeverityLevel: 3,
    })
    return new OnnxSession(runtime, session, config)
  }

  /** Forgets what it read. */
  restart(): void {
    for (const tensor of Object.values(this.#cache)) tensor.dispose()
    this.#cache = this.#emptyCache()
    this.#length = 0
  }

  /** The logits after each of `tokens`, which continue what it read. [T, V] */
  async read(tokens: readonly number[]): Promise<Float32Array> {
    const ids = (values: readonly number[]) => {
      return new this.#runtime.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
    }
    const total = this.#length + tokens.length
    const outputs = await this.#session.run({
      input_ids: ids(tokens),
      attention_mask: ids(Array.from({ length: total }, () => 1)),
      position_ids: ids(tokens.map((_, index) => this.#length + index)),
      ...this.#cache,
    })
    for (const tensor of Object.values(this.#cache)) tensor.dispose()
    const present = presentNames(this.#config).map((name) => {
      return [name.replace('present', 'past_key_values'), outputs[name] as Tensor] as const
    })
    this.#cache = Object.fromEntries(present)
    this.#length = total
    return (await outputs['logits']?.getData()) as Float32Array
  }

  /** The logits after the last of `tokens`, a text of its own. */
  async prefill(tokens: readonly number[]): Promise<Float32Array> {
    this.restart()
    return (await this.read(tokens)).slice(-this.#config.vocabulary)
  }

  /** The logits after one more token. */
  decode(token: number): Promise<Float32Array> {
    return this.read([token])
  }

  async close(): Promise<void> {
    for (const tensor of Object.values(this.#cache)) tensor.dispose()
    await this.#session.release()
  }

  #emptyCache(): Record<string, Tensor> {
    const { keyValueHeads, headWidth } = this.#config
    const names = presentNames(this.#config).map((name) => name.replace('present', 'past_key_values'))
    return Object.fromEntries(
      names.map((name) => [
        name,
        new this.#runtime.Tensor('float32', new Float32Array(), [1, keyValueHeads, 0, headWidth]),
      ]),
    )
  }
}

function presentNames({ layers }: ModelConfig): string[] {
  return Array.from({ length: layers }, (_, layer) => [`present.${layer}.key`, `present.${layer}.value`]).flat()
}
