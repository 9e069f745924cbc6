// Whether multiplying integers pays on this device. Some GPUs have an instruction for four products of int8, others
// compute them one by one, and no name tells which: so both ways are timed once, on the size of a prompt.
import { Random } from '../base/random'
import { relativeNormError } from '../base/relativeNormError'
import { timePlan } from '../benchmark/kernelBenchmark'
import { recordLinearForward, type LinearWeight } from '../kernels/linear/linear'
import { quantizeRows } from '../kernels/quantizeRows/quantizeRows'
import type { Model } from '../models/model'
import { quantizeBlocks } from '../models/quantize'
import type { Device } from '../plan/device'
import { Plan } from '../plan/plan'
import { persistentTensor } from '../plan/tensor'

export interface Int8Products {
  /** Time with float activations over time with int8 activations. */
  readonly speedup: number
  readonly isUsed: boolean
}

/** The model as this device computes it best: int8 products are of int8 models only, and where they were found to pay. */
export function withInt8Products(model: Model, products: Int8Products | null): Model {
  return model.precision === 'int8' && products?.isUsed ? { ...model, int8Activations: 'block' } : model
}

const ROWS = 64
const COLUMNS = 256
const OUTPUTS = 512
const ROUNDS = 5
/** Less is not worth what rounding costs. */
const LEAST_SPEEDUP = 1.1
/** Rounding of both operands to int8 in blocks errs by less than a hundredth; a wrong kernel errs by one. */
const MOST_ERROR = 0.02

/** Times y = x W^T both ways; int8 products are used where they are faster and right. */
export async function measureInt8Products(device: Device, now: () => number): Promise<Int8Products> {
  const role = 'staging'
  const x = persistentTensor('x', [ROWS, COLUMNS], { role })
  const values = persistentTensor('values', [OUTPUTS, COLUMNS], { role, dtype: 'i8' })
  const scales = persistentTensor('scales', [OUTPUTS, COLUMNS / 32], { role, dtype: 'f16' })
  const y = persistentTensor('y', [ROWS, OUTPUTS], { role })
  const yInt8 = persistentTensor('y in int8', [ROWS, OUTPUTS], { role })
  const weight: LinearWeight = { kind: 'int8', values, scales }
  const floats = new Plan('float activations')
  recordLinearForward(floats, { x, weight, y })
  const integers = new Plan('int8 activations')
  recordLinearForward(integers, { x, weight, y: yInt8, quantizeInput: (input) => quantizeRows(integers, input) })
  const executor = await device.build([floats, integers])
  try {
    const random = new Random(1)
    const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal())
    const quantized = quantizeBlocks(normals(OUTPUTS * COLUMNS), OUTPUTS, COLUMNS)
    executor.write(x, normals(ROWS * COLUMNS))
    executor.write(values, quantized.values)
    executor.write(scales, quantized.scales)
    const options = { rounds: ROUNDS, now }
    const slow = await timePlan(device, executor, floats, options)
    const fast = await timePlan(device, executor, integers, options)
    const [expected, actual] = await Promise.all(
      [y, yInt8].map(async (one) => new Float32Array(await executor.read(one))),
    )
    const isRight = relativeNormError(actual ?? [], expected ?? []) < MOST_ERROR
    const speedup = slow.value / fast.value
    return { speedup, isUsed: isRight && speedup >= LEAST_SPEEDUP }
  } finally {
    executor.dispose()
    for (const tensor of [x, values, scales, y, yInt8]) device.free(tensor)
  }
}
