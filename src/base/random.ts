// The only randomness in the product. Counter-based: a value depends on (seed, stream, index) alone,
// so that a run can stop anywhere and go on with the same numbers, on the CPU and in WGSL alike.

/** Mixes 32 bits (the finaliser of "lowbias32", Chris Wellons 2018). The same lines stand in snippets/random.wgsl. */
export function mix32(value: number): number {
  let x = value >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

/** 32 random bits for (seed, stream, index). */
export function randomBits(seed: number, stream: number, index: number): number {
  return mix32(mix32(mix32(seed) ^ (stream >>> 0)) ^ (index >>> 0))
}

/** A stream of draws, for code that takes one number after another. */
export class Random {
  readonly #seed: number
  readonly #stream: number
  #index = 0

  constructor(seed: number, stream = 0) {
    this.#seed = seed
    this.#stream = stream
  }

  /** Uniform in [0, 1), 24 bits: exact in float32. */
  uniform(): number {
    return (randomBits(this.#seed, this.#stream, this.#index++) >>> 8) / 0x1000000
  }

  /** Uniform integer in [0, count). */
  integer(count: number): number {
    return Math.floor(this.uniform() * count)
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }
}

/** The numbers 0 … count-1 in a seeded order (Fisher and Yates). */
export function shuffledIndexes(count: number, seed: number, stream = 0): Uint32Array {
  const random = new Random(seed, stream)
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  for (let last = count - 1; last > 0; last--) {
    const other = random.integer(last + 1)
    const kept = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = kept
  }
  return order
}
