import { describe, expect, test } from 'vitest'
import { linearAxis, logAxis, positionOn, spreadLabels } from '../../../../src/components/charts/axis'
import { toCsv } from '../../../../src/components/charts/csv'
import { downsample } from '../../../../src/components/charts/downsample'
import { nearestPoint } from '../../../../src/components/charts/point'
import { curvesOf } from '../../../../src/components/charts/series'
import { smooth, smoothingFor } from '../../../../src/components/charts/smooth'
import { precisions } from '../../../../src/plan/precision'

const line = (count: number, y: (x: number) => number) =>
  Array.from({ length: count }, (_, index) => ({ x: index + 1, y: y(index + 1) }))

describe('downsample', () => {
  test('a short series stays as it is', () => {
    const points = line(500, Math.sin)
    expect(downsample(points)).toBe(points)
  })

  test('a long series keeps its ends, its order and the limit', () => {
    const kept = downsample(line(10_007, Math.sin))
    expect(kept).toHaveLength(500)
    expect(kept[0]?.x).toBe(1)
    expect(kept.at(-1)?.x).toBe(10_007)
    expect(kept.every((point, index) => index === 0 || point.x > (kept[index - 1]?.x ?? 0))).toBe(true)
  })

  test('a single spike survives', () => {
    const kept = downsample(line(20_000, (x) => (x === 7_654 ? 50 : 1)))
    expect(Math.max(...kept.map(({ y }) => y))).toBe(50)
  })
})

test('texture says precision: solid for float32, and dashes of its own for each of the others', () => {
  const drawn = precisions.map((precision) => {
    const series = {
      id: 'loss',
      name: 'loss',
      model: 'adapter',
      precision,
      role: 'training',
      isSmoothed: true,
    } as const
    return curvesOf({ ...series, points: line(9, Math.sin) }).map(({ dashes }) => dashes)
  })
  expect(drawn[0]).toEqual([null, null])
  expect(drawn.every(([raw]) => raw === null)).toBe(true)
  expect(new Set(drawn.map(([, full]) => full)).size).toBe(precisions.length)
})

describe('smooth', () => {
  test('a constant stays the same constant from the first point on', () => {
    for (const point of smooth(
      line(50, () => 3.5),
      0.9,
    ))
      expect(point.y).toBeCloseTo(3.5, 12)
  })

  test('strength zero changes nothing', () => {
    const points = line(10, Math.cos)
    expect(smooth(points, 0)).toEqual(points)
  })

  test('a value that is no number is left out and does not spread', () => {
    const smoothed = smooth(
      line(5, (x) => (x === 3 ? NaN : 2)),
      0.5,
    )
    expect(smoothed.map(({ x }) => x)).toEqual([1, 2, 4, 5])
    expect(smoothed.every(({ y }) => Math.abs(y - 2) < 1e-12)).toBe(true)
  })

  test('longer runs are smoothed more, never fully', () => {
    expect(smoothingFor(10)).toBe(0.5)
    expect(smoothingFor(250)).toBeCloseTo(0.9)
    expect(smoothingFor(1e6)).toBeCloseTo(0.975)
  })
})

describe('toCsv', () => {
  test('text that a spreadsheet would run is disarmed, numbers are not', () => {
    const dangerous = ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '\rx']
    for (const cell of dangerous)
      expect(
        toCsv([[cell]])
          .replaceAll('"', '')
          .startsWith("'"),
      ).toBe(true)
    expect(toCsv([[-1.5, '-1.5', '+2e-3', 'a-b']])).toBe('-1.5,-1.5,+2e-3,a-b\r\n')
  })

  test('commas, quotes and line ends are quoted; nothing and NaN are empty', () => {
    expect(toCsv([['a,b', 'say "hi"', 'two\nlines', null, NaN]])).toBe('"a,b","say ""hi""","two\nlines",,\r\n')
  })
})

describe('axes', () => {
  test('a linear axis holds all values between round ends', () => {
    const axis = linearAxis([2.31, 3.94])
    expect(axis.ticks).toEqual([2, 2.5, 3, 3.5, 4])
    expect(positionOn(axis, 3)).toBeCloseTo(0.5)
  })

  test('one value, or none, still gives an axis', () => {
    expect(linearAxis([5]).min).toBeLessThan(linearAxis([5]).max)
    expect(linearAxis([]).ticks.length).toBeGreaterThan(1)
    expect(linearAxis([0.0002], [0]).max).toBeCloseTo(0.0002)
  })

  test('a log axis holds all values and refuses zero', () => {
    const axis = logAxis([0.9, 7.3])
    expect(axis?.min).toBeLessThanOrEqual(0.9)
    expect(axis?.max).toBeGreaterThanOrEqual(7.3)
    expect(logAxis([0, 1])).toBeNull()
    expect(logAxis([1, 1])?.max).toBeGreaterThan(1)
  })

  test('labels that would overlap move apart and stay inside', () => {
    const placed = spreadLabels([50, 52, 10, 99], 14, 100)
    expect(placed[2]).toBe(10)
    const sorted = placed.toSorted((a, b) => a - b)
    const gaps = sorted.slice(1).map((position, index) => position - (sorted[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(14)
    expect(Math.max(...sorted)).toBeLessThanOrEqual(100)
  })
})

test('the crosshair finds the nearest point, where one was measured', () => {
  const points = [
    { x: 10, y: 1 },
    { x: 20, y: 2 },
  ]
  expect([0, 10, 15, 16, 99].map((x) => nearestPoint(points, x)?.y)).toEqual([1, 1, 1, 2, 2])
  expect(nearestPoint([], 5)).toBeNull()
})
