import { expect, test } from 'vitest'
import { Random } from '../../../src/base/random'
import { directionsHolding, singularValuesOfProduct } from '../../../src/models/singularValues'

test('of orthogonal factors they are the products of the norms', () => {
  // B = columns 3 e1, 2 e2; A = rows 5 e1, 7 e3: B A has the singular values 15 and 14.
  const b = Float32Array.of(3, 0, 0, 2, 0, 0)
  const a = Float32Array.of(5, 0, 0, 0, 0, 7)
  const values = singularValuesOfProduct(b, a, 2)
  expect(values[0]).toBeCloseTo(15, 9)
  expect(values[1]).toBeCloseTo(14, 9)
})

test('their squares sum to the squared norm of the product, and their product is its volume', () => {
  const random = new Random(4)
  const [outputs, rank, inputs] = [11, 5, 9]
  const b = Float32Array.from({ length: outputs * rank }, () => random.normal())
  const a = Float32Array.from({ length: rank * inputs }, () => random.normal())
  let squares = 0
  for (let row = 0; row < outputs; row++) {
    for (let column = 0; column < inputs; column++) {
      let sum = 0
      for (let r = 0; r < rank; r++) sum += b[row * rank + r]! * a[r * inputs + column]!
      squares += sum * sum
    }
  }
  const values = singularValuesOfProduct(b, a, rank)
  expect(values.reduce((sum, value) => sum + value * value, 0) / squares).toBeCloseTo(1, 9)
  expect([...values]).toEqual([...values].toSorted((x, y) => y - x))
})

test('a product of lower rank has zeros', () => {
  const b = Float32Array.of(1, 1, 2, 2, 3, 3) // both columns are the same
  const a = Float32Array.of(1, 0, 0, 1)
  const values = singularValuesOfProduct(b, a, 2)
  expect(values[0]).toBeCloseTo(Math.sqrt(28), 6)
  expect(values[1]).toBeLessThan(1e-6)
  expect([...singularValuesOfProduct(new Float32Array(6), a, 2)]).toEqual([0, 0])
})

test('directions are counted by the energy they hold', () => {
  expect(directionsHolding([4, 1, 0.1], 0.9)).toBe(1)
  expect(directionsHolding([1, 1, 1, 1], 0.9)).toBe(4)
  expect(directionsHolding([0, 0], 0.9)).toBe(0)
})
