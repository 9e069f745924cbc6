// One answer of the model, which can be ended, and its adapter made weaker or stronger, while it is given.
import { Generator } from '../generation/generator'
import type { GenerateResult } from '../generation/types'
import { declareAdapter, withStrength } from '../models/lora'
import type { Model } from '../models/model'
import type { Executor } from '../plan/executor'
import { encodePrompt } from '../text/samples'
import type { HostAdapter, LaidOut } from './adapterOnHost'
import type { GenerateRequest, TextListener } from './api'
import type { Bench } from './bench'
import { recordGenerationSession } from './session'

/** What can be changed until the last token. */
export interface SpeechControl {
  /** Of the adapter. */
  strength: number
  isStopped: boolean
}

export interface Speaker {
  readonly model: Model
  readonly own: HostAdapter | null
  readonly control: Readonly<SpeechControl>
}

/** Lends a session without the current adapter's values: an answer may be another's. */
export async function speak(
  { loaded, now, withSession }: Bench,
  { model, own, control }: Speaker,
  { prompt, sampling }: GenerateRequest,
  onText: TextListener,
): Promise<GenerateResult> {
  const { config, tokenizer } = loaded
  const capacity = Math.min(config.maxTokens, encodePrompt(prompt, tokenizer).length + 1 + sampling.maxTokens)
  const adapter = own && declareAdapter(config, own.settings)
  const session = recordGenerationSession(model, adapter, capacity)
  return withSession(session, null, async (executor) => {
    const laidOut = adapter && own && { adapter, parameters: own.parameters }
    const setStrength = laidOut && liveStrength(executor, laidOut, () => control.strength)
    setStrength?.()
    return new Generator(executor, session.generation, tokenizer).generate({
      prompt,
      sampling,
      onText,
      isStopped: () => control.isStopped,
      now,
      ...(setStrength && { beforeToken: setStrength }),
    })
  })
}

/**
 * Writes the adapter with the strength of the moment; called again, writes only where that has changed. Between two
 * tokens: what the cache holds of earlier ones was read with the strength of then.
 */
export function liveStrength(
  executor: Pick<Executor, 'write'>,
  { adapter, parameters }: LaidOut,
  strength: () => number,
): () => void {
  let written: number | null = null
  return () => {
    const now = strength()
    if (now === written) return
    executor.write(adapter.parameters, withStrength(adapter, parameters, now))
    written = now
  }
}
