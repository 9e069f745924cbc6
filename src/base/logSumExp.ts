import { argmax } from './argmax'

/** log(sum exp(values)), in float64 and without overflow. */
export function logSumExp(values: Float32Array): number {
  const largest = values[argmax(values)] ?? 0
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += Math.exp(values[index]! - largest)
  return largest + Math.log(sum)
}
