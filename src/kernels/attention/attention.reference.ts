// Causal attention by its definition, and its gradient. See attend.wgsl and the backward kernels for the formulas.
import type { Floats } from '../../plan/kernelSpec'
import { counterIndex } from '../runInputs'

export interface AttentionShape extends Readonly<Record<string, number>> {
  readonly batch: number
  readonly tokens: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
}

export interface AttentionForwardArrays {
  readonly q: Floats
  readonly k: Floats
  readonly v: Floats
  readonly positions: Uint32Array
  readonly output: Floats
  readonly statistics: Floats
}

export function attentionForwardReference(arrays: AttentionForwardArrays, shape: AttentionShape): void {
  const { q, k, v, positions, output, statistics } = arrays
  const { batch, tokens, heads, keyValueHeads, headWidth } = shape
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < tokens; t++) {
        const row = ((b * tokens + t) * heads + h) * headWidth
        const keyRow = (j: number) =>
          ((b * tokens + j) * keyValueHeads + keyValueHead(h, heads, keyValueHeads)) * headWidth
        const slot = (b * heads + h) * tokens + t
        statistics[2 * slot + 1] = 0
        statistics[2 * slot] = attendRow({
          q,
          k,
          v,
          output,
          row,
          keyRow,
          headWidth,
          first: firstVisible(positions, b * tokens, t),
          end: t + 1,
        })
      }
    }
  }
}

interface BackwardInputs {
  readonly q: Floats
  readonly k: Floats
  readonly v: Floats
  readonly dOutput: Floats
  readonly positions: Uint32Array
  readonly statistics: Floats
}

export type AttentionBackwardShape = AttentionShape & { readonly accumulate: number }

export function attentionBackwardQueryReference(
  arrays: BackwardInputs & { readonly output: Floats; readonly dq: Floats },
  shape: AttentionBackwardShape,
): void {
  const { k, output, dOutput, statistics, dq } = arrays
  const { batch, tokens, heads, headWidth, accumulate } = shape
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < tokens; t++) {
      for (let h = 0; h < heads; h++) {
        const row = ((b * tokens + t) * heads + h) * headWidth
        statistics[2 * ((b * heads + h) * tokens + t) + 1] = dot(output, row, dOutput, row, headWidth)
      }
    }
  }
  const sums = new Float64Array(dq.length)
  forEachPair(arrays, shape, ({ row, keyRow, ds }) => {
    for (let d = 0; d < headWidth; d++) sums[row + d]! += (ds * k[keyRow + d]!) / Math.sqrt(headWidth)
  })
  for (let i = 0; i < dq.length; i++) dq[i] = accumulate ? dq[i]! + sums[i]! : sums[i]!
}

export function attentionBackwardKeyValueReference(
  arrays: BackwardInputs & { readonly dk: Floats; readonly dv: Floats },
  shape: AttentionBackwardShape,
): void {
  const { q, dOutput, dk, dv } = arrays
  const { headWidth, accumulate } = shape
  const keySums = new Float64Array(dk.length)
  const valueSums = new Float64Array(dv.length)
  forEachPair(arrays, shape, ({ row, keyRow, p, ds }) => {
    for (let d = 0; d < headWidth; d++) {
      keySums[keyRow + d]! += (ds * q[row + d]!) / Math.sqrt(headWidth)
      valueSums[keyRow + d]! += p * dOutput[row + d]!
    }
  })
  for (let i = 0; i < dk.length; i++) {
    dk[i] = accumulate ? dk[i]! + keySums[i]! : keySums[i]!
    dv[i] = accumulate ? dv[i]! + valueSums[i]! : valueSums[i]!
  }
}

export interface CachedAttentionShape extends Readonly<Record<string, number>> {
  readonly queries: number
  readonly capacity: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
}

export interface CachedAttentionArrays {
  readonly q: Floats
  readonly k: Floats
  readonly v: Floats
  readonly counters: Uint32Array
  readonly output: Floats
}

export function cachedAttentionReference(arrays: CachedAttentionArrays, shape: CachedAttentionShape): void {
  const { q, k, v, counters, output } = arrays
  const { queries, capacity, heads, keyValueHeads, headWidth } = shape
  for (let i = 0; i < queries; i++) {
    const end = Math.min(counters[counterIndex.cachePosition]! + i + 1, capacity)
    for (let h = 0; h < heads; h++) {
      const row = (i * heads + h) * headWidth
      const keyRow = (j: number) => (j * keyValueHeads + keyValueHead(h, heads, keyValueHeads)) * headWidth
      attendRow({ q, k, v, output, row, keyRow, first: 0, end, headWidth })
    }
  }
}

interface AttendedRow {
  readonly q: Floats
  readonly k: Floats
  readonly v: Floats
  readonly output: Floats
  /** Where the query and its output begin. */
  readonly row: number
  /** Where key and value `j` begin. */
  readonly keyRow: (j: number) => number
  /** Keys first … end - 1 are seen. */
  readonly first: number
  readonly end: number
  readonly headWidth: number
}

/** One query over the keys it sees. Returns the log-sum-exp of its scores. */
function attendRow({ q, k, v, output, row, keyRow, first, end, headWidth }: AttendedRow): number {
  const scores = Float64Array.from(
    { length: end - first },
    (_, j) => dot(q, row, k, keyRow(first + j), headWidth) / Math.sqrt(headWidth),
  )
  const largest = scores.reduce((a, b) => Math.max(a, b))
  const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0)
  const logSumExp = largest + Math.log(sum)
  for (let d = 0; d < headWidth; d++) {
    let value = 0
    for (let j = first; j < end; j++) value += Math.exp(scores[j - first]! - logSumExp) * v[keyRow(j) + d]!
    output[row + d] = value
  }
  return logSumExp
}

interface Pair {
  /** Where the query row begins. */
  readonly row: number
  /** Where the key row begins. */
  readonly keyRow: number
  /** The probability of the pair, and the gradient of its score. */
  readonly p: number
  readonly ds: number
}

function forEachPair(arrays: BackwardInputs, shape: AttentionShape, visit: (pair: Pair) => void): void {
  const { q, k, v, dOutput, positions, statistics } = arrays
  const { batch, tokens, heads, keyValueHeads, headWidth } = shape
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < tokens; t++) {
        const row = ((b * tokens + t) * heads + h) * headWidth
        const slot = (b * heads + h) * tokens + t
        for (let j = firstVisible(positions, b * tokens, t); j <= t; j++) {
          const keyRow = ((b * tokens + j) * keyValueHeads + keyValueHead(h, heads, keyValueHeads)) * headWidth
          const score = dot(q, row, k, keyRow, headWidth) / Math.sqrt(headWidth)
          const p = Math.exp(score - statistics[2 * slot]!)
          const ds = p * (dot(dOutput, row, v, keyRow, headWidth) - statistics[2 * slot + 1]!)
          visit({ row, keyRow, p, ds })
        }
      }
    }
  }
}

/** The first row of the text that row `t` of a sequence belongs to. */
function firstVisible(positions: Uint32Array, sequenceStart: number, t: number): number {
  return t - Math.min(t, positions[sequenceStart + t]!)
}

function keyValueHead(head: number, heads: number, keyValueHeads: number): number {
  return Math.floor(head / (heads / keyValueHeads))
}

function dot(a: Floats, aStart: number, b: Floats, bStart: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += a[aStart + i]! * b[bStart + i]!
  return sum
}
