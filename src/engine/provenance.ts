// Where an adapter comes from, as the header of its weights says it: the base by id, hash and commit, and the run by
// its settings, seed and figures. Of an adapter that was opened, what its own header said goes on with it.
import type { DataFacts } from '../adapters/adapterCard'
import type { AdapterInfo, ModelInfo, RunResult, TrainingSettings, TrainRequest } from './api'

/** How an adapter came to be: for its card and its metadata. */
export interface Provenance {
  readonly settings: TrainingSettings
  readonly result: RunResult
  readonly corpusName: string
  readonly data: DataFacts
}

/** All values are strings: safetensors allows no others. */
export type ProvenanceMetadata = Readonly<Record<string, string>>

/** What an opened file may hand on. Its hash of the base was compared, and is written anew where it was right. */
const carriedKeys = ['base_revision', 'corpus', 'seed', 'train_config', 'training_result']
/** The longest that we write has 700 characters. */
const MOST_CARRIED_CHARACTERS = 4096

export function carriedMetadata(metadata: ReadonlyMap<string, string>): ProvenanceMetadata {
  const known = carriedKeys.flatMap((key) => {
    const value = metadata.get(key)
    return value !== undefined && value.length <= MOST_CARRIED_CHARACTERS ? [[key, value] as const] : []
  })
  return Object.fromEntries(known)
}

interface Origin {
  readonly info: Pick<AdapterInfo, 'matchesBaseHash' | 'baseSha256'>
  /** Null for an adapter that was opened. */
  readonly provenance: Provenance | null
  readonly carried?: ProvenanceMetadata
}

export function provenanceMetadata(
  model: Pick<ModelInfo, 'id'>,
  { info, provenance, carried = {} }: Origin,
  baseRevision: string | null = null,
): ProvenanceMetadata {
  // What an adapter said of its base goes on; which weights it was opened beside says nothing.
  const base = info.baseSha256 === null ? {} : { base_sha256: info.baseSha256 }
  const revision = info.matchesBaseHash && baseRevision !== null ? { base_revision: baseRevision } : {}
  const shared = { made_with: 'Plume', base_model: model.id, ...base }
  if (!provenance) return { ...carried, ...revision, ...shared }
  const { settings, result, corpusName } = provenance
  return {
    ...revision,
    ...shared,
    corpus: corpusName,
    seed: String(settings.seed),
    train_config: JSON.stringify(settings),
    training_result: JSON.stringify(result),
  }
}

export function dataFacts({ train, validation }: Pick<TrainRequest, 'train' | 'validation'>): DataFacts {
  return {
    sequences: train.sequences,
    trainedTokens: train.labelledTokens,
    heldOutSequences: validation?.sequences ?? 0,
  }
}
