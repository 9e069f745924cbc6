// Samples as sequences of one length, and the order in which training visits them.
//
// Running text is joined, cut into full sequences and wastes nothing; `documentStarts` keeps its documents
// apart. A row with its own answer keeps a sequence to itself.
//
// Between two documents stands one end of text. It is the last label of the first and the first token of the
// second: the model learns to stop, and to begin after nothing but an end, and no document sees another.
import { assert, defined } from '../base/assert'
import { AppError } from '../base/errors'
import { shuffledIndexes } from '../base/random'
import type { TokenSample } from './samples'
import { IGNORED_LABEL, type TokenSet } from './types'

/** 2^26 positions are 512 MiB of tokens and labels: beyond a page, and beyond days of training in one. */
const MAX_POSITIONS = 2 ** 26
/** Streams of random numbers from here on belong to the order of batches, one for each epoch. */
const EPOCH_STREAM = 0x0e90_0000

/** True when something of the sample is trained on at this sequence length. */
export function isTrainable({ isPacked, trained }: TokenSample, sequenceLength: number): boolean {
  // A row has one token more than its sequence: the label of the last position. The first is no label.
  return isPacked || trained.subarray(1, sequenceLength + 1).includes(1)
}

/** True when the sample is longer than a sequence of its own. Running text has none, it goes on in the next. */
export function isTruncated({ isPacked, ids }: TokenSample, sequenceLength: number): boolean {
  return !isPacked && ids.length > sequenceLength + 1
}

/**
 * One set out of many samples: the running text first, then the rows.
 *
 * @throws AppError `corpus/too-large` when it would not fit into memory, `corpus/no-trained-tokens` when no
 * label is left.
 */
export function buildTokenSet(
  samples: readonly TokenSample[],
  { sequenceLength, paddingId }: { sequenceLength: number; paddingId: number },
): TokenSet {
  assert(Number.isInteger(sequenceLength) && sequenceLength > 0, `the sequence length ${sequenceLength}`)
  const running = joinPacked(samples)
  const rows = samples.filter(({ isPacked }) => !isPacked)
  // The last token of the running text is only ever a label.
  const packedSequences = Math.ceil(Math.max(running.ids.length - 1, 0) / sequenceLength)
  const sequences = packedSequences + rows.length
  if (sequences * sequenceLength > MAX_POSITIONS) {
    throw new AppError('corpus/too-large', {
      message: `${sequences} sequences of ${sequenceLength} tokens, over ${MAX_POSITIONS} positions`,
      details: { sequences, sequenceLength },
    })
  }
  const tokens = new Uint32Array(sequences * sequenceLength).fill(paddingId)
  const labels = new Uint32Array(sequences * sequenceLength).fill(IGNORED_LABEL)
  const documentStarts = running.ids.length > 0 ? new Uint32Array(sequences * sequenceLength) : undefined
  let labelledTokens = 0
  for (let sequence = 0; sequence < sequences; sequence++) {
    const isRunning = sequence < packedSequences
    const { ids, trained } = isRunning ? running : defined(rows[sequence - packedSequences], 'a row')
    const from = isRunning ? sequence * sequenceLength : 0
    const to = sequence * sequenceLength
    for (let i = 0; i < sequenceLength && from + i < ids.length; i++) {
      tokens[to + i] = ids[from + i]!
      // A document that began in an earlier sequence begins again with this one: what is before is not there.
      if (documentStarts && isRunning) documentStarts[to + i] = Math.max(running.starts[from + i]! - from, 0)
      if (trained[from + i + 1] !== 1) continue
      labels[to + i] = ids[from + i + 1]!
      labelledTokens++
    }
  }
  if (labelledTokens === 0) {
    throw new AppError('corpus/no-trained-tokens', {
      message: `${samples.length} samples without a token to train on`,
      details: { samples: samples.length, sequenceLength },
    })
  }
  return { tokens, labels, ...(documentStarts ? { documentStarts } : {}), sequenceLength, sequences, labelledTokens }
}

/**
 * The sequences of one step, by index. A function of its arguments alone, so that a run resumes without
 * state: every epoch is a shuffle of its own, and a batch may hold the end of one and the start of the next.
 *
 * step counts from 0.
 */
export function batchOrder(sequences: number, batchSize: number, seed: number, step: number): Uint32Array {
  assert(sequences > 0 && batchSize > 0 && step >= 0, `batch ${step} of ${batchSize} from ${sequences} sequences`)
  return Uint32Array.from({ length: batchSize }, (_, index) => {
    const position = step * batchSize + index
    return epochOrder(sequences, seed, Math.floor(position / sequences))[position % sequences] ?? 0
  })
}

let lastEpoch: { sequences: number; seed: number; epoch: number; order: Uint32Array } | undefined

/** The shuffle of one epoch, kept until another is asked for: a step of a large set must not cost a shuffle. */
function epochOrder(sequences: number, seed: number, epoch: number): Uint32Array {
  if (lastEpoch?.sequences !== sequences || lastEpoch.seed !== seed || lastEpoch.epoch !== epoch) {
    lastEpoch = { sequences, seed, epoch, order: shuffledIndexes(sequences, seed, EPOCH_STREAM + epoch) }
  }
  return lastEpoch.order
}

interface RunningText {
  readonly ids: Uint32Array
  readonly trained: Uint8Array
  /** For each token the place of the first one of its document. */
  readonly starts: Uint32Array
}

function joinPacked(samples: readonly TokenSample[]): RunningText {
  const packed = samples.filter(({ isPacked }) => isPacked)
  const length = packed.reduce((sum, { ids }) => sum + ids.length, 0)
  const ids = new Uint32Array(length)
  const trained = new Uint8Array(length)
  const starts = new Uint32Array(length)
  let offset = 0
  for (const sample of packed) {
    ids.set(sample.ids, offset)
    trained.set(sample.trained, offset)
    // The end of the text before begins this one, unless it has a token of its own to begin with, which
    // nothing leads to and no loss counts.
    const first = sample.trained[0] === 1 ? Math.max(offset - 1, 0) : offset
    starts.fill(first, first, offset + sample.ids.length)
    offset += sample.ids.length
  }
  return { ids, trained, starts }
}
