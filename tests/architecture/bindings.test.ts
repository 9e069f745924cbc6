// The WGSL of each kernel, and of each of its alternatives, declares exactly the bindings of its spec: names, order and access.
import { describe, expect, test } from 'vitest'
import { benchCases, kernelCases } from '../../src/kernels'
import { implementedBy } from '../../src/plan/kernelSpec'

const kernels = new Map(
  [...kernelCases, ...benchCases]
    .flatMap(({ kernel }) => [kernel, ...(kernel.alternatives ?? []).map((one) => implementedBy(kernel, one))])
    .map((kernel) => [kernel.name, kernel]),
)

/** Values of the module's integer constants: `const AFTER_WEIGHT = 4u;`, `const NEXT = AFTER_WEIGHT + 2u;` */
function integerConstants(wgsl: string): Map<string, number> {
  const expressions = [...wgsl.matchAll(/^const (\w+)(?:\s*:\s*u32)?\s*=\s*([\w\s+]+);/gm)]
  const known = new Map<string, number>()
  // Declarations come in any order: as many rounds as there are constants settle every chain.
  for (const _ of expressions) {
    for (const [, name = '', expression = ''] of expressions) known.set(name, evaluate(expression, known))
  }
  return known
}

function evaluate(expression: string, known: ReadonlyMap<string, number>): number {
  return expression
    .split('+')
    .map((term) => term.trim())
    .reduce((sum, term) => sum + (known.get(term) ?? Number(term.replace(/u$/, ''))), 0)
}

function declaredBindings(wgsl: string) {
  const constants = integerConstants(wgsl)
  const pattern = /@group\(0\)\s*@binding\(([^)]+)\)\s*var<storage,\s*(read|read_write)>\s*(\w+)/g
  return [...wgsl.matchAll(pattern)]
    .map(([, index = '', access, name]) => ({ index: evaluate(index, constants), access, name }))
    .sort((a, b) => a.index - b.index)
}

describe('bindings in WGSL equal those of the spec', () => {
  test.each([...kernels.values()].map((kernel) => [kernel.name, kernel] as const))('%s', (_, { source, bindings }) => {
    const expected = Object.entries(bindings).map(([name, { access }], index) => ({
      index,
      access: access === 'read' ? 'read' : 'read_write',
      name: name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    }))
    expect(declaredBindings(source.join('\n'))).toEqual(expected)
  })
})

describe('every kernel', () => {
  test('has cases and a bench entry', () => {
    const checked = new Set(kernelCases.map(({ kernel }) => kernel.name))
    const timed = new Set(benchCases.map(({ kernel }) => kernel.name))
    expect([...timed].filter((name) => !checked.has(name))).toEqual([])
    expect(checked.size).toBeGreaterThan(0)
  })
})
