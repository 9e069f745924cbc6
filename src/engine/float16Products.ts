// Whether this device reads halves as they are. It is asked once, when a float16 model is first wanted: for every half there
// is, looked up in a table, and in a product, which is compared with that of the same weights in float32.
import { AppError } from '../base/errors'
import { floatsToHalves, halvesToFloats } from '../base/float16'
import { Random } from '../base/random'
import { relativeNormError } from '../base/relativeNormError'
import { embedForwardFloat16 } from '../kernels/embed/embed'
import { recordLinearForward } from '../kernels/linear/linear'
import type { Device } from '../plan/device'
import { Plan } from '../plan/plan'
import { persistentTensor, type DType } from '../plan/tensor'

// All finite halves: 31 exponents of 1024, and as many below zero.
const TABLE_ROWS = 62
const TABLE_COLUMNS = 1024
/** Halves below are subnormal, and a device may read them as zero. */
const LEAST_NORMAL = 2 ** -14
// More rows than the kernel for few rows takes.
const ROWS = 16
const COLUMNS = 64
const OUTPUTS = 48
/** Sums of 64 products of float32 differ by about 1e-6, in whatever order; a lost bit of a half errs by 5e-4. */
const MOST_ERROR = 1e-5

const known = new WeakMap<Device, boolean>()

/** @throws AppError `device/no-float16` where the device reads other numbers than are stored */
export async function requireFloat16(device: Device): Promise<void> {
  const isRight = known.get(device) ?? (await readsHalves(device))
  known.set(device, isRight)
  if (!isRight) throw new AppError('device/no-float16', { message: 'halves are not read as they are stored' })
}

async function readsHalves(device: Device): Promise<boolean> {
  const make = (name: string, shape: readonly number[], dtype: DType = 'f32') =>
    persistentTensor(name, shape, { role: 'staging', dtype })
  const tokens = make('tokens', [1, TABLE_ROWS], 'u32')
  const table = make('table', [TABLE_ROWS, TABLE_COLUMNS], 'f16')
  const rows = make('rows', [1, TABLE_ROWS, TABLE_COLUMNS])
  const x = make('x', [ROWS, COLUMNS])
  const halves = make('halves', [OUTPUTS, COLUMNS], 'f16')
  const floats = make('floats', [OUTPUTS, COLUMNS])
  const y = make('y', [ROWS, OUTPUTS])
  const yExpected = make('y of floats', [ROWS, OUTPUTS])

  const plan = new Plan('halves')
  const size = { rows: TABLE_ROWS, columns: TABLE_COLUMNS, vocabulary: TABLE_ROWS, first: 0, count: TABLE_ROWS }
  plan.run(embedForwardFloat16, { ...size, accumulate: 0 }, { tokens, table, y: rows })
  recordLinearForward(plan, { x, weight: { kind: 'float16', weight: halves }, y })
  recordLinearForward(plan, { x, weight: { kind: 'float32', weight: floats }, y: yExpected })
  const executor = await device.build([plan])
  try {
    const random = new Random(1)
    const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal())
    const finite = Uint16Array.from({ length: TABLE_ROWS * TABLE_COLUMNS }, (_, i) => (i < 0x7c00 ? i : i + 0x400))
    const weight = floatsToHalves(normals(OUTPUTS * COLUMNS))
    executor.write(
      tokens,
      Uint32Array.from({ length: TABLE_ROWS }, (_, row) => row),
    )
    executor.write(table, finite)
    executor.write(x, normals(ROWS * COLUMNS))
    executor.write(halves, weight)
    executor.write(floats, halvesToFloats(weight))
    executor.run(plan)
    const read = async (tensor: typeof y) => new Float32Array(await executor.read(tensor))
    const expected = halvesToFloats(finite)
    const areSame = (await read(rows)).every((value, i) => {
      return value === expected[i] || (value === 0 && Math.abs(expected[i]!) < LEAST_NORMAL)
    })
    return areSame && relativeNormError(await read(y), await read(yExpected)) < MOST_ERROR
  } finally {
    executor.dispose()
    for (const tensor of [tokens, table, rows, x, halves, floats, y, yExpected]) device.free(tensor)
  }
}
