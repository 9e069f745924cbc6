/** A figure with how it was obtained: median of n runs, and half the distance between its quartiles. */
export interface Measurement {
  readonly value: number
  readonly spread: number
  readonly n: number
}
