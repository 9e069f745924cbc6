import { beforeEach, expect, test, vi } from 'vitest'
import { inTurn } from '../../../../src/components/charts/redraws'
import { curvesOf, type Series } from '../../../../src/components/charts/series'

let frames: (() => void)[] = []

beforeEach(() => {
  frames = []
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
})

function nextFrame(): void {
  const due = frames
  frames = []
  for (const frame of due) frame()
}

test('charts that have something to show at one time draw one in each frame', () => {
  const drawn: string[] = []
  for (const name of ['loss', 'rate', 'norm']) inTurn(() => drawn.push(name))
  expect(drawn).toEqual([])
  for (const count of [1, 2, 3]) {
    nextFrame()
    expect(drawn).toEqual(['loss', 'rate', 'norm'].slice(0, count))
  }
  expect(frames).toEqual([])
})

test('one that was taken back is not drawn, and the others still are', () => {
  const drawn: string[] = []
  const leave = inTurn(() => drawn.push('gone'))
  inTurn(() => drawn.push('here'))
  leave()
  nextFrame()
  nextFrame()
  expect(drawn).toEqual(['here'])
  inTurn(() => drawn.push('again'))
  nextFrame()
  expect(drawn).toEqual(['here', 'again'])
})

test('one that fails does not keep the others from their turn', () => {
  const drawn: string[] = []
  inTurn(() => {
    throw new Error('no')
  })
  inTurn(() => drawn.push('here'))
  expect(nextFrame).toThrow('no')
  nextFrame()
  expect(drawn).toEqual(['here'])
})

test('a series that did not grow gives the very same lines', () => {
  const series: Series = {
    id: 'training',
    name: 'training',
    model: 'adapter',
    precision: 'float32',
    role: 'training',
    isSmoothed: true,
    points: [
      { x: 1, y: 4 },
      { x: 2, y: 3 },
    ],
  }
  expect(curvesOf(series)).toBe(curvesOf(series))
  expect(curvesOf(series)).not.toBe(curvesOf({ ...series }))
  expect(curvesOf(series)).toEqual(curvesOf({ ...series }))
})
