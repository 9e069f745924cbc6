// Embedding lookup by its definition. See forward.wgsl.
import type { Floats } from '../../plan/kernelSpec'

export interface EmbedArrays {
  readonly tokens: Uint32Array
  readonly table: Floats
  readonly y: Floats
}

export function embedReference(
  { tokens, table, y }: EmbedArrays,
  { rows, columns, vocabulary }: { rows: number; columns: number; vocabulary: number },
): void {
  for (let r = 0; r < rows; r++) {
    const token = Math.min(tokens[r]!, vocabulary - 1)
    for (let c = 0; c < columns; c++) y[r * columns + c] = table[token * columns + c]!
  }
}
