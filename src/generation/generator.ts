// Prompt in, text out: prefill in blocks, then one token at a time with the key/value cache.
import { COUNTER_COUNT, counterIndex } from '../kernels/runInputs'
import type { Executor } from '../plan/executor'
import { encodePrompt } from '../text/samples'
import type { Prompt, Tokenizer } from '../text/types'
import { PREFILL_TOKENS, type ContinuationPlan, type GenerationProgram } from './program'
import { probabilityOf, sampleToken } from './sampling'
import type { GenerateResult, SamplingSettings } from './types'

export interface GenerateOptions {
  readonly prompt: Prompt
  readonly sampling: SamplingSettings
  /** A piece of the answer, and how likely the model held the tokens that made it. */
  readonly onText?: (piece: string, probability: number) => void
  readonly isStopped?: () => boolean
  /** Called when a token is known and before the next is computed. */
  readonly beforeToken?: () => void
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

export class Generator {
  readonly #executor: Executor
  readonly #program: GenerationProgram
  readonly #tokenizer: Tokenizer

  constructor(executor: Executor, program: GenerationProgram, tokenizer: Tokenizer) {
    this.#executor = executor
    this.#program = program
    this.#tokenizer = tokenizer
  }

  /** Continues `prompt`. A prompt that fills the cache keeps its last tokens. */
  async generate({ prompt, sampling, onText, isStopped, beforeToken, now }: GenerateOptions): Promise<GenerateResult> {
    const { capacity } = this.#program.cache
    const room = Math.max(1, capacity - sampling.maxTokens)
    const kept = encodePrompt(prompt, this.#tokenizer).slice(-room)
    const started = now()
    let logits = await this.prefill(kept)
    const firstTokenMs = now() - started
    const stream = this.#tokenizer.decodeStream()
    let text = ''
    let probability = 1 // of the tokens since the last piece: a character can take several
    const say = (piece: string) => {
      text += piece
      if (!piece) return
      onText?.(piece, probability)
      probability = 1
    }
    let position = kept.length
    let generated = 0
    let stop: GenerateResult['stop'] = 'length'
    while (generated < sampling.maxTokens && position < capacity && !isStopped?.()) {
      const token = sampleToken(logits, sampling, position)
      if (this.#tokenizer.endOfTextIds.includes(token)) {
        stop = 'end-of-text'
        break
      }
      generated += 1
      if (onText) probability *= probabilityOf(token, logits) // a pass over the vocabulary, for those who listen
      say(stream.push(token))
      if (generated === sampling.maxTokens) break
      beforeToken?.()
      logits = await this.decode(token, position)
      position += 1
    }
    say(stream.end())
    const decodeMs = now() - started - firstTokenMs
    const tokensPerSecond = decodeMs > 0 ? (1000 * Math.max(0, generated - 1)) / decodeMs : 0
    return { text, promptTokens: kept.length, generatedTokens: generated, firstTokenMs, tokensPerSecond, stop }
  }

  /** Fills the cache with `tokens` from position 0 on; the logits after the last one. */
  async prefill(tokens: readonly number[]): Promise<Float32Array> {
    for (let start = 0; start < tokens.length; start += PREFILL_TOKENS) {
      this.#submit(this.#program.prefill, tokens.slice(start, start + PREFILL_TOKENS), start)
    }
    return this.#logits()
  }

  /** The logits after one more token at `position`. */
  async decode(token: number, position: number): Promise<Float32Array> {
    this.#submit(this.#program.decode, [token], position)
    return this.#logits()
  }

  #submit({ plan, tokens, positions }: ContinuationPlan, ids: readonly number[], start: number): void {
    const count = tokens.shape[1] ?? 1
    const padded = new Uint32Array(count)
    padded.set(ids)
    const counters = new Uint32Array(COUNTER_COUNT)
    counters[counterIndex.cachePosition] = start
    counters[counterIndex.selectedRow] = ids.length - 1
    this.#executor.write(tokens, padded)
    this.#executor.write(
      positions,
      // Padding rows may lie beyond the cache; their results are thrown away.
      Uint32Array.from({ length: count }, (_, index) => Math.min(start + index, this.#program.cache.capacity - 1)),
    )
    this.#executor.write(this.#program.inputs.counters, counters)
    this.#executor.run(plan)
  }

  async #logits(): Promise<Float32Array> {
    return new Float32Array(await this.#executor.read(this.#program.logits))
  }
}
