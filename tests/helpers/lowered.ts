// The shapes that a kernel's tensors have in a plan. Kernels know counts of elements; lowerings look at axes.
import { defined } from '../../src/base/assert'
import type { KernelSpec, Shape } from '../../src/plan/kernelSpec'

type Shapes = Readonly<Record<string, readonly number[]>>

export function caseShapes(kernel: KernelSpec, shape: Shape): Shapes {
  const [folder = '', pass = ''] = kernel.name.split('/')
  const of = (name: string) => shape[name] ?? 1
  const rows = (columns: number) => [1, of('rows'), columns]
  const known: Record<string, () => Shapes> = {
    adamw: () => ({}),
    attention: () => attentionShapes(pass, of),
    crossEntropy: () => ({ logits: [of('rows'), of('columns')] }),
    dropout: () => ({}),
    embed: () => ({
      tokens: [1, of('rows')],
      table: [of('vocabulary'), of('columns')],
      values: [of('vocabulary'), of('columns')],
      scales: [of('vocabulary'), of('columns') / 32],
      dtable: [of('vocabulary'), of('columns')],
      dy: rows(of('columns')),
    }),
    gelu: () => ({}),
    gradientNorm: () => ({ partials: [of('parts'), 2] }),
    keyValueCache: () => {
      const columns = pass === 'append' ? of('columns') : of('keyValueHeads') * of('headWidth')
      return {
        ...rotatedShapes(of),
        ...Object.fromEntries(['k', 'v'].map((name) => [name, rows(columns)])),
        ...Object.fromEntries(['keys', 'values'].map((name) => [name, [of('capacity'), columns]])),
      }
    },
    layerNorm: () => ({
      ...Object.fromEntries(['x', 'y', 'dy', 'dx'].map((name) => [name, rows(of('columns'))])),
      statistics: rows(2),
    }),
    linear: () => ({
      x: rows(of('columns')),
      dx: rows(of('columns')),
      y: rows(of('allOutputs')),
      residual: rows(of('allOutputs')),
      dy: rows(of(pass === 'weightGradient' ? 'outputs' : 'allOutputs')),
      gradient: [of('outputs'), of('columns')],
      h: rows(of('rank')),
      dh: rows(of('rank')),
      weight: [of('outputs'), of('columns')],
      values: [of('outputs'), of('columns')],
      scales: [of('outputs'), of('columns') / 32],
      a: [of('rank'), of('columns')],
      b: [of('outputs'), of('rank')],
    }),
    lora: () => ({
      x: rows(of('columns')),
      dy: rows(of('outputs')),
      wide: rows(of('columns')),
      narrow: rows(of('rank')),
      h: rows(of('rank')),
      dh: rows(of('rank')),
      dA: [of('rank'), of('columns')],
      dB: [of('outputs'), of('rank')],
      weight: pass === 'project' ? [of('rank'), of('columns')] : [of('outputs'), of('rank')],
      gradient: shape['transposed'] ? [of('columns'), of('rank')] : [of('rank'), of('columns')],
    }),
    residual: () => ({}),
    rmsNorm: () => ({
      ...Object.fromEntries(['x', 'y', 'dy', 'dx'].map((name) => [name, rows(of('columns'))])),
      invRms: [1, of('rows'), 1, 1],
    }),
    rope: () => rotatedShapes(of),
    selectRow: () => ({ x: rows(of('columns')) }),
    splitColumns: () => ({
      ...Object.fromEntries(['x', 'dx'].map((name) => [name, rows(3 * of('count'))])),
      ...Object.fromEntries(
        ['first', 'second', 'third', 'dFirst', 'dSecond', 'dThird'].map((name) => [name, rows(of('count'))]),
      ),
    }),
    swiglu: () => ({}),
  }
  return defined(known[folder], `the shapes of ${folder}`)()
}

function rotatedShapes(of: (name: string) => number): Shapes {
  const rows = (heads: number) => [1, of('rows'), heads * of('headWidth')]
  return {
    ...Object.fromEntries(['q', 'rotatedQ'].map((name) => [name, rows(of('heads'))])),
    ...Object.fromEntries(['k', 'rotatedK'].map((name) => [name, rows(of('keyValueHeads'))])),
    positions: [1, of('rows')],
    table: [of('maxPositions'), of('headWidth')],
  }
}

function attentionShapes(pass: string, of: (name: string) => number): Shapes {
  const [queries, keys] = [of('heads') * of('headWidth'), of('keyValueHeads') * of('headWidth')]
  if (pass.startsWith('cached')) {
    return { q: [1, of('queries'), queries], k: [of('capacity'), keys], v: [of('capacity'), keys] }
  }
  const rows = (columns: number) => [of('batch'), of('tokens'), columns]
  return {
    ...Object.fromEntries(['q', 'output', 'dOutput', 'dq'].map((name) => [name, rows(queries)])),
    ...Object.fromEntries(['k', 'v', 'dk', 'dv'].map((name) => [name, rows(keys)])),
    positions: [of('batch'), of('tokens')],
    statistics: [of('batch'), of('heads'), of('tokens'), 2],
  }
}
