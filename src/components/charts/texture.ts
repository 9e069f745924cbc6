// Texture says precision: float32 is solid, float16 has long dashes or a wide hatch, int8 short and narrow ones.
import type { Precision } from '../../plan/precision'

/** Of a line, as SVG's stroke-dasharray; null for a solid one. */
export const dashesOf: Readonly<Record<Precision, string | null>> = { float32: null, float16: '14 3', int8: '5 3' }

/** Of an area: one line of ink in so many times its width; null for a solid one. */
export const hatchOf: Readonly<Record<Precision, number | null>> = { float32: null, float16: 4.8, int8: 2.4 }
