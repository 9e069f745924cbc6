// Where an axis begins and ends and which round numbers stand on it. Pure, so that every chart agrees.

export interface Axis {
  readonly min: number
  readonly max: number
  readonly ticks: readonly number[]
  readonly isLog: boolean
}

/** An axis around the values, its ends on round numbers. `includes` are values that must be on it, such as zero. */
export function linearAxis(values: Iterable<number>, includes: readonly number[] = [], tickCount = 5): Axis {
  const { min, max } = rangeOf([...values, ...includes])
  const span = max - min || Math.abs(max) || 1
  const step = roundStep(span / tickCount)
  const low = Math.floor(min / step + 1e-9)
  const high = Math.max(low + 1, Math.ceil(max / step - 1e-9))
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => clean((low + index) * step, step))
  return { min: ticks[0] ?? min, max: ticks.at(-1) ?? max, ticks, isLog: false }
}

/** A logarithmic axis; null when a value is not above zero, because then there is none. */
export function logAxis(values: Iterable<number>): Axis | null {
  const finite = [...values].filter(Number.isFinite)
  const { min, max } = rangeOf(finite)
  if (finite.length === 0 || min <= 0) return null
  const wide = Math.log10(max / min) > 2.5
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(min)) - 1; power <= Math.ceil(Math.log10(max)); power += 1) {
    for (const factor of wide ? [1] : [1, 1.5, 2, 3, 5, 7]) ticks.push(clean(factor * 10 ** power, 10 ** power / 10))
  }
  const from = ticks.findLastIndex((tick) => tick <= min * 1.0001)
  const to = ticks.findIndex((tick) => tick >= max * 0.9999)
  const kept = ticks.slice(Math.max(0, from), (to < 0 ? ticks.length : Math.max(to, from + 1)) + 1)
  return { min: kept[0] ?? min, max: kept.at(-1) ?? max, ticks: kept, isLog: true }
}

/** Where a value stands on the axis: 0 at its beginning, 1 at its end. */
export function positionOn(axis: Axis, value: number): number {
  if (axis.isLog) return Math.log(value / axis.min) / Math.log(axis.max / axis.min)
  return (value - axis.min) / (axis.max - axis.min)
}

/** The value at a position from 0 to 1 of a linear axis. */
export function valueAt(axis: Axis, position: number): number {
  return axis.min + position * (axis.max - axis.min)
}

/** Moves label centres apart until each has `gap`, keeping their order, inside [0, height]. Returns them in input order. */
export function spreadLabels(positions: readonly number[], gap: number, height: number): number[] {
  const order = positions.map((position, index) => ({ position, index })).toSorted((a, b) => a.position - b.position)
  let floor = -Infinity
  for (const label of order) {
    label.position = Math.max(label.position, floor)
    floor = label.position + gap
  }
  let ceiling = height
  for (const label of order.toReversed()) {
    label.position = Math.min(label.position, ceiling)
    ceiling = label.position - gap
  }
  const placed = positions.slice()
  for (const label of order) placed[label.index] = label.position
  return placed
}

function rangeOf(values: readonly number[]): { min: number; max: number } {
  let min = Infinity
  let max = -Infinity
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return min <= max ? { min, max } : { min: 0, max: 1 }
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = rough / power
  return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 2.5 ? 2.5 : factor <= 5 ? 5 : 10)
}

/** Removes the last-digit noise of a multiple of `step`. */
function clean(value: number, step: number): number {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(step)))
  return Number(value.toFixed(Math.min(20, digits)))
}
