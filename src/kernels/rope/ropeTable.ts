/**
 * Cosines and sines of the rotary embedding, for every position: [maxPositions, headWidth], each row
 * headWidth / 2 cosines and then as many sines. Pair i turns by position * frequencies[i] radians.
 *
 * Angles are float64: at position 8191 a float32 angle is already off by 5e-4.
 */
export function ropeTable(maxPositions: number, frequencies: Float64Array): Float32Array {
  const pairs = frequencies.length
  const table = new Float32Array(maxPositions * 2 * pairs)
  for (let position = 0; position < maxPositions; position++) {
    for (let i = 0; i < pairs; i++) {
      const angle = position * frequencies[i]!
      table[position * 2 * pairs + i] = Math.cos(angle)
      table[position * 2 * pairs + pairs + i] = Math.sin(angle)
    }
  }
  return table
}
