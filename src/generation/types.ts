// How text is drawn from a model, and what came of it.
export interface SamplingSettings {
  /** 0: the likeliest token, always. */
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  readonly seed: number
  readonly maxTokens: number
}

export interface GenerateResult {
  readonly text: string
  readonly promptTokens: number
  readonly generatedTokens: number
  readonly firstTokenMs: number
  /** Tokens after the first, over their time. */
  readonly tokensPerSecond: number
  readonly stop: 'end-of-text' | 'length'
}
