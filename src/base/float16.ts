// Half-precision numbers by their bits, for files that store them. Float16Array is not everywhere yet.
// https://en.wikipedia.org/wiki/Half-precision_floating-point_format

const floatView = new Float32Array(1)
const bitsView = new Uint32Array(floatView.buffer)

/** The largest number that is a half. */
export const LARGEST_HALF = 65_504

/** The float32 with the value of 16 half-precision bits; exact for every input. */
export function halfToFloat(bits: number): number {
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Half-precision bits of the nearest value, ties to even. Beyond 65,519.99… it is infinity. */
export function floatToHalf(value: number): number {
  floatView[0] = value
  const bits = bitsView[0] ?? 0
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00 // 65,520 and more, or infinity
  if (magnitude < 0x33000001) return sign // up to 2^-25: the tie goes to zero
  if (magnitude < 0x38800000) {
    // Subnormal: the 24-bit significand moves down until its unit is 2^-24.
    const shift = 126 - (magnitude >>> 23)
    return sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift)
  }
  return sign | roundShift(magnitude - 0x38000000, 13)
}

/** value: half-precision bits. */
export function halvesToFloats(value: Uint16Array): Float32Array<ArrayBuffer> {
  halfTable ??= Float32Array.from({ length: 0x10000 }, (_, bits) => halfToFloat(bits))
  const floats = new Float32Array(value.length)
  for (let i = 0; i < value.length; i++) floats[i] = halfTable[value[i]!]!
  return floats
}

export function floatsToHalves(value: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(value.length)
  for (let i = 0; i < value.length; i++) halves[i] = floatToHalf(value[i]!)
  return halves
}

/** bfloat16 is the upper half of a float32. */
export function bfloat16ToFloat(bits: number): number {
  bitsView[0] = (bits & 0xffff) << 16
  return floatView[0] ?? 0
}

export function bfloat16sToFloats(value: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(value.length)
  for (let i = 0; i < value.length; i++) words[i] = value[i]! << 16
  return new Float32Array(words.buffer)
}

/** The upper halves of float32s, rounded to nearest, ties to even. A NaN stays one. */
export function floatsToBfloat16s(value: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(value.buffer, value.byteOffset, value.length)
  const halves = new Uint16Array(value.length)
  for (let i = 0; i < value.length; i++) {
    const bits = words[i]!
    const isNaN = (bits & 0x7fffffff) > 0x7f800000
    halves[i] = isNaN ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
  }
  return halves
}

/** 256 KiB, made on first use: four times faster than computing each half. */
let halfTable: Float32Array | undefined

/** value / 2^shift, rounded to nearest, ties to even. A carry into the exponent is the right answer. */
function roundShift(value: number, shift: number): number {
  const kept = value >>> shift
  const rest = value & ((1 << shift) - 1)
  const half = 1 << (shift - 1)
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept
}
