// What would make a run a wasted minute, found before it starts. Pure: facts in, findings out; the words are the
// component's.
import type { DeviceReport, ModelInfo, RunEstimate, TrainingSettings } from '../../engine/api'
import type { PreparedCorpus } from '../../text/types'

export type FindingKind = 'good' | 'note' | 'warning' | 'wrong'

export type Finding = { readonly kind: FindingKind } & (
  | { readonly id: 'no-text' | 'no-targets' | 'no-validation' | 'software' | 'warmup-whole-run' }
  | { readonly id: 'steps-few' | 'steps-enough'; readonly steps: number }
  | { readonly id: 'corpus-small' | 'corpus-enough'; readonly tokens: number }
  | { readonly id: 'sequence-longer-than-text'; readonly sequenceLength: number; readonly longest: number }
  | { readonly id: 'sequence-longer-than-model'; readonly sequenceLength: number; readonly longest: number }
  | { readonly id: 'batch-large'; readonly sequences: number }
  | { readonly id: 'tokens-per-step'; readonly tokens: number; readonly epochs: number }
  | { readonly id: 'many-epochs'; readonly epochs: number }
  | { readonly id: 'buffer-too-large' | 'buffer-fits'; readonly bytes: number; readonly limitBytes: number }
)

/** Fewer optimizer steps than this rarely leave a mark: facts/training-defaults.md, 3.2. */
export const FEW_STEPS = 100
/** A page of text or two: below this a model can only repeat it. */
export const FEW_TOKENS = 2000
/** LoRA tolerates large batches worse than full training; TRL keeps the effective batch below this. */
export const LARGE_BATCH = 32
/** By then a small corpus is known by heart. */
export const MANY_EPOCHS = 20

interface Facts {
  readonly settings: TrainingSettings
  readonly estimate: RunEstimate | null
  readonly corpus: PreparedCorpus | null
  readonly model: ModelInfo | null
  readonly device: DeviceReport | null
}

/** What is wrong first, what is fine last. */
export function preflight({ settings, estimate, corpus, model, device }: Facts): Finding[] {
  const found: Finding[] = []
  const { steps, sequenceLength } = settings
  const sequences = settings.batchSize * settings.accumulation
  if (!corpus) found.push({ kind: 'warning', id: 'no-text' })
  if (settings.targets.length === 0) found.push({ kind: 'wrong', id: 'no-targets' })
  if (model && sequenceLength > model.maxTokens) {
    found.push({ kind: 'wrong', id: 'sequence-longer-than-model', sequenceLength, longest: model.maxTokens })
  }
  if (estimate && device) {
    const limitBytes = Math.min(device.maxBufferBytes, device.maxBindingBytes)
    const bytes = estimate.largestBufferBytes
    if (bytes > limitBytes) found.push({ kind: 'wrong', id: 'buffer-too-large', bytes, limitBytes })
    else found.push({ kind: 'good', id: 'buffer-fits', bytes, limitBytes })
  }
  found.push(
    steps < FEW_STEPS ? { kind: 'warning', id: 'steps-few', steps } : { kind: 'good', id: 'steps-enough', steps },
  )
  if (settings.warmupSteps >= steps) found.push({ kind: 'warning', id: 'warmup-whole-run' })
  if (sequences > LARGE_BATCH) found.push({ kind: 'warning', id: 'batch-large', sequences })
  if (device?.isSoftware === true) found.push({ kind: 'note', id: 'software' })
  if (!corpus) return sorted(found)
  const { trainedTokens, longestDocumentTokens, tokens } = corpus.statistics
  found.push(
    trainedTokens < FEW_TOKENS
      ? { kind: 'warning', id: 'corpus-small', tokens: trainedTokens }
      : { kind: 'good', id: 'corpus-enough', tokens: trainedTokens },
  )
  // Running text is cut into pieces across documents, rows are not: what a sequence can hold differs.
  const longest = corpus.kind === 'text' ? tokens : longestDocumentTokens
  if (sequenceLength > longest)
    found.push({ kind: 'warning', id: 'sequence-longer-than-text', sequenceLength, longest })
  if (corpus.validation.sequences === 0) found.push({ kind: 'warning', id: 'no-validation' })
  const epochs = epochsOf(settings, corpus)
  const tokensPerStep = sequences * sequenceLength
  if (epochs > MANY_EPOCHS) found.push({ kind: 'warning', id: 'many-epochs', epochs })
  found.push({ kind: 'note', id: 'tokens-per-step', tokens: tokensPerStep, epochs })
  return sorted(found)
}

/** How often the run sees each training sequence. */
export function epochsOf(settings: TrainingSettings, corpus: PreparedCorpus): number {
  return (settings.steps * settings.batchSize * settings.accumulation) / Math.max(1, corpus.train.sequences)
}

const order: readonly FindingKind[] = ['wrong', 'warning', 'note', 'good']

function sorted(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}
