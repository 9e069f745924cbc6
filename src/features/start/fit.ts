// Whether a model fits a machine, told before anything is fetched. A browser does not say how much memory
// a GPU has; its largest buffer is the only bound it states.

export type Verdict = 'fits' | 'tight' | 'doesNotFit'

/** A run takes about twice its weights: activations, adapter, optimizer. */
const RUN_FACTOR = 2

export function verdictOf(weightBytes: number, maxBufferBytes: number): Verdict {
  if (weightBytes > maxBufferBytes) return 'doesNotFit'
  return weightBytes * RUN_FACTOR > maxBufferBytes ? 'tight' : 'fits'
}
