/**
 * Cosines and sines of the rotary embedding, for every position: [maxPositions, headWidth], each row
 * headWidth / 2 cosines and then as many sines. Pair i turns by position * theta^(-2i / headWidth).
 *
 * Angles are float64: at position 8191 a float32 angle is already off by 5e-4.
 */
export function ropeTable(maxPositions: number, headWidth: number, theta: number): Float32Array {
  const pairs = headWidth / 2
  const table = new Float32Array(maxPositions * headWidth)
  for (let position = 0; position < maxPositions; position++) {
    for (let i = 0; i < pairs; i++) {
      const angle = position * theta ** (-i / pairs)
      table[position * headWidth + i] = Math.cos(angle)
      table[position * headWidth + pairs + i] = Math.sin(angle)
    }
  }
  return table
}
