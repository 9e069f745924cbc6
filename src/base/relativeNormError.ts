/** ||actual - expected|| / ||expected||; NaN where either holds one, which is below nothing. */
export function relativeNormError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0
  let norm = 0
  for (let index = 0; index < expected.length; index++) {
    const e = expected[index] ?? Number.NaN
    difference += ((actual[index] ?? Number.NaN) - e) ** 2
    norm += e ** 2
  }
  return Math.sqrt(difference / norm)
}
