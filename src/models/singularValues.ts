// The singular values of a product of two thin matrices, without ever forming the product.
//
// Those of B A are the square roots of the eigenvalues of S (A A^T) S^T, where S^T S = B^T B: matrices of the rank's
// size, whose eigenvalues Jacobi's rotations find. Values below some 1e-7 of the largest are lost in rounding.
import { assert } from '../base/assert'

/** Square matrices, row after row. */
interface Eigen {
  readonly values: Float64Array
  /** Eigenvectors, one to a row. */
  readonly vectors: Float64Array
}

/** b: [M, R]. a: [R, N]. The R singular values of b a, falling. */
export function singularValuesOfProduct(b: Float32Array, a: Float32Array, rank: number): Float64Array {
  const inputs = a.length / rank
  const outputs = b.length / rank
  assert(Number.isInteger(inputs) && Number.isInteger(outputs), `no whole rows of rank ${rank}`)
  const bb = gram(rank, outputs, (i, row) => b[row * rank + i]!)
  const aa = gram(rank, inputs, (i, column) => a[i * inputs + column]!)
  const { values, vectors } = eigenOf(bb, rank)
  const root = new Float64Array(rank * rank)
  for (let i = 0; i < rank; i++) {
    const scale = Math.sqrt(Math.max(0, values[i]!))
    for (let j = 0; j < rank; j++) root[i * rank + j] = scale * vectors[i * rank + j]!
  }
  const middle = multiply(multiply(root, aa, rank), transposed(root, rank), rank)
  return eigenOf(middle, rank)
    .values.map((value) => Math.sqrt(Math.max(0, value)))
    .sort()
    .reverse()
}

/** How many of the largest values it takes to hold `share` of the sum of squares. */
export function directionsHolding(values: ArrayLike<number>, share: number): number {
  const squares = Array.from(values, (value) => value * value)
  const total = squares.reduce((sum, square) => sum + square, 0)
  let held = 0
  let count = 0
  while (count < squares.length && held < share * total) held += squares[count++]!
  return count
}

/** The products of `size` vectors with each other, summed over `length` elements. */
function gram(size: number, length: number, at: (vector: number, element: number) => number): Float64Array {
  const products = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < length; k++) sum += at(i, k) * at(j, k)
      products[i * size + j] = sum
      products[j * size + i] = sum
    }
  }
  return products
}

/** Cyclic Jacobi of a symmetric matrix: Golub & Van Loan, Matrix Computations, section 8.5. */
function eigenOf(symmetric: Float64Array, size: number): Eigen {
  const m = symmetric.slice()
  const vectors = new Float64Array(size * size)
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1
  const MOST_SWEEPS = 30
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let outside = 0
    let inside = 0
    for (let i = 0; i < size; i++) {
      inside += m[i * size + i]! ** 2
      for (let j = 0; j < i; j++) outside += m[i * size + j]! ** 2
    }
    if (outside <= 1e-30 * inside || outside === 0) break
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(m, vectors, { size, p, q })
  }
  return { values: Float64Array.from({ length: size }, (_, i) => m[i * size + i]!), vectors }
}

function rotate(m: Float64Array, vectors: Float64Array, { size, p, q }: { size: number; p: number; q: number }): void {
  const off = m[p * size + q]!
  if (off === 0) return
  const theta = (m[q * size + q]! - m[p * size + p]!) / (2 * off)
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const cosine = 1 / Math.sqrt(tangent * tangent + 1)
  const sine = tangent * cosine
  const turn = (array: Float64Array, first: number, second: number) => {
    const x = array[first]!
    const y = array[second]!
    array[first] = cosine * x - sine * y
    array[second] = sine * x + cosine * y
  }
  for (let k = 0; k < size; k++) turn(m, p * size + k, q * size + k)
  for (let k = 0; k < size; k++) turn(m, k * size + p, k * size + q)
  for (let k = 0; k < size; k++) turn(vectors, p * size + k, q * size + k)
}

function multiply(x: Float64Array, y: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = x[i * size + k]!
      for (let j = 0; j < size; j++) product[i * size + j]! += factor * y[k * size + j]!
    }
  }
  return product
}

function transposed(x: Float64Array, size: number): Float64Array {
  return Float64Array.from(x, (_, index) => x[(index % size) * size + Math.floor(index / size)]!)
}
