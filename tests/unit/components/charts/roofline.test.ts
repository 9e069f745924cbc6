import { describe, expect, test } from 'vitest'
import { positionOn } from '../../../../src/components/charts/axis'
import {
  isOnRoofline,
  nearestOnScreen,
  rooflineFrame,
  type RooflinePoint,
} from '../../../../src/components/charts/roofline'

const roof = { opsPerSecond: 4e9, bytesPerSecond: 1e9, int8OpsPerSecond: null }
const point = (x: number, y: number): RooflinePoint => ({
  id: `${x} ${y}`,
  name: 'a kernel',
  detail: '',
  x,
  y,
  precision: 'float32',
  isStep: false,
})

describe('the frame of a roofline', () => {
  test('bends where memory and arithmetic take equally long', () => {
    const { roof: corners, xAxis } = rooflineFrame([point(0.1, 5e7)], roof)
    const [foot, ridge, end] = corners
    expect(ridge).toEqual({ x: 4, y: 4e9 })
    expect(foot.y).toBeCloseTo(foot.x * roof.bytesPerSecond)
    expect(end).toEqual({ x: xAxis.max, y: 4e9 })
  })

  test('holds every point and every corner of the roofs inside its axes', () => {
    const points = [point(0.02, 3e5), point(250, 3.9e9), point(1, 1e9)]
    for (const int8OpsPerSecond of [null, 5e8, 9e9]) {
      const { xAxis, yAxis, roof: corners, int8Roof } = rooflineFrame(points, { ...roof, int8OpsPerSecond })
      for (const { x, y } of [...points, ...corners, ...(int8Roof ?? [])]) {
        for (const at of [positionOn(xAxis, x), positionOn(yAxis, y)]) {
          expect(at).toBeGreaterThanOrEqual(-1e-9)
          expect(at).toBeLessThanOrEqual(1 + 1e-9)
        }
      }
    }
  })

  test('a higher roof of int8 goes on along the slope, a lower one leaves it', () => {
    const higher = rooflineFrame([], { ...roof, int8OpsPerSecond: 8e9 }).int8Roof ?? []
    expect(higher.map(({ y }) => y)).toEqual([4e9, 8e9, 8e9])
    const lower = rooflineFrame([], { ...roof, int8OpsPerSecond: 1e9 }).int8Roof ?? []
    expect(lower.map(({ y }) => y)).toEqual([1e9, 1e9])
  })

  test('what computes nothing has no place, and pushes no axis', () => {
    expect([point(0, 0), point(1, 0), point(Number.NaN, 1)].filter(isOnRoofline)).toEqual([])
    const seen = rooflineFrame([point(1, 1e8)], roof)
    expect(rooflineFrame([point(1, 1e8), point(0, 0)], roof)).toEqual(seen)
  })
})

test('the nearest point within reach', () => {
  const points = [
    { left: 10, top: 10 },
    { left: 40, top: 10 },
  ]
  expect(nearestOnScreen(points, { left: 30, top: 12 }, 20)).toBe(points[1])
  expect(nearestOnScreen(points, { left: 10, top: 40 }, 20)).toBeNull()
})
