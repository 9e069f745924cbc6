// What the goldens would catch: kernels with a fault put in, one at a time. Each must make a golden fail.
import { describe, expect, test } from 'vitest'
import { assert } from '../../src/base/assert'
import { accessOf, type AnyArray, type Floats, type KernelSpec, type Shape } from '../../src/plan/kernelSpec'
import { ReferenceExecutor } from '../../src/reference/executor'
import {
  errorsOfGolden,
  goldenNames,
  loadGolden,
  missed,
  recordGolden,
  type Golden,
  type GoldenProgram,
} from '../helpers/golden'
import { readGoldenFile } from '../helpers/goldenFiles'

type Arrays = Record<string, AnyArray>
/** Runs in the place of a kernel's reference. */
type Fault = (
  arrays: Arrays,
  shape: Shape,
  reference: (arrays: Arrays, shape: Shape) => void,
  kernel: KernelSpec,
) => void

function floats(arrays: Arrays, name: string): Floats {
  const array = arrays[name]
  assert(array instanceof Float32Array, `${name} is floats`)
  return array
}

/** A reference executor on plans in which the kernels of that name have the fault. */
const withFault = (kernelName: string, fault: Fault) => (program: GoldenProgram) => {
  let count = 0
  for (const { steps } of program.plans) {
    for (const [index, step] of steps.entries()) {
      const { kernel } = step
      if (!kernel.name.startsWith(kernelName)) continue
      count += 1
      const run = (arrays: Arrays, shape: Shape) =>
        kernel.reference(arrays as Parameters<KernelSpec['reference']>[0], shape)
      const reference: KernelSpec['reference'] = (arrays, shape) => fault(arrays as Arrays, shape, run, kernel)
      steps[index] = { ...step, kernel: { ...kernel, reference } }
    }
  }
  assert(count > 0, `no step runs ${kernelName}`)
  return Promise.resolve(new ReferenceExecutor())
}

/** What a fault in the forward or backward pass breaks shows at once; one in the optimizer, after all steps. */
const stepsFor = (kernelName: string) => (/^(adamw|gradientNorm)/.test(kernelName) ? {} : { steps: 2 })

const transposed = (array: Floats, rows: number, columns: number): Float32Array =>
  Float32Array.from(array, (_, i) => array[(i % rows) * columns + Math.floor(i / rows)] ?? 0)

const named: [string, string, string, Fault][] = [
  ['the scale of LoRA is missing', 'llama-tied', 'lora/project/', (a, s, run) => run(a, { ...s, scale: 1 })],
  ['its backward scale is missing', 'llama-tied', 'lora/projectBack', (a, s, run) => run(a, { ...s, scale: 1 })],
  [
    'A is transposed',
    'llama-tied',
    'lora/project/',
    (a, s, run) => run({ ...a, weight: transposed(floats(a, 'weight'), s['columns'] ?? 0, s['rank'] ?? 0) }, s),
  ],
  [
    'B is transposed',
    'gpt2',
    'lora/projectBack',
    (a, s, run) => run({ ...a, weight: transposed(floats(a, 'weight'), s['rank'] ?? 0, s['outputs'] ?? 0) }, s),
  ],
  [
    'heads read the keys of the next head',
    'llama-rope3',
    'attention/forward',
    (a, s, run) => {
      const k = floats(a, 'k')
      const head = s['headWidth'] ?? 0
      const row = head * (s['keyValueHeads'] ?? 0)
      run({ ...a, k: k.map((_, i) => k[i - (i % row) + (((i % row) + head) % row)] ?? 0) }, s)
    },
  ],
  [
    'scores are scaled by another width',
    'qwen3',
    'attention/forward',
    (a, s, run) => run({ ...a, q: floats(a, 'q').map((x) => x * Math.sqrt(14 / 5)) }, s),
  ],
  [
    'rotations turn the other way',
    'qwen2',
    'rope/rotate',
    (a, s, run) => run(a, { ...s, inverse: 1 - (s['inverse'] ?? 0) }),
  ],
  [
    'rotary positions are one too far',
    'llama-linear',
    'rope/rotate',
    // One step further for queries and keys alike changes nothing; of the keys alone it does.
    (a, s, run) => {
      run({ ...a, rotatedK: floats(a, 'rotatedK').slice() }, s)
      const positions = (a['positions'] as Uint32Array).map((p) => p + 1)
      run({ ...a, positions, rotatedQ: floats(a, 'rotatedQ').slice() }, s)
    },
  ],
  ['RMSNorm forgets epsilon', 'qwen3', 'rmsNorm/forward', (a, s, run) => run(a, { ...s, epsilon: 0 })],
  ['LayerNorm forgets epsilon', 'gpt2', 'layerNorm/forward', (a, s, run) => run(a, { ...s, epsilon: 0 })],
  [
    'GELU is the exact one',
    'gpt2',
    'gelu/forward',
    (a) => {
      const x = floats(a, 'x')
      floats(a, 'y').set(x.map((value) => 0.5 * value * (1 + erf(value / Math.SQRT2))))
    },
  ],
  [
    'a bias is forgotten',
    'qwen2',
    'linear/forward',
    (a, s, run) => run('bias' in a ? { ...a, bias: new Float32Array(s['outputs'] ?? 0) } : a, s),
  ],
  [
    'int8 scales are those of the next block',
    'llama-int8',
    'linear/forward/int8',
    (a, s, run) => {
      const scales = a['scales'] as Uint16Array
      run({ ...a, scales: scales.map((_, i) => scales[(i + 1) % scales.length] ?? 0) }, s)
    },
  ],
  ['weight decay is forgotten', 'llama-linear', 'adamw', (a, s, run) => run(a, { ...s, weightDecay: 0 })],
  ['clipping is forgotten', 'gpt2', 'gradientNorm/clip', (a, s, run) => run(a, { ...s, maxNorm: 0 })],
]

test.each(named)('%s: %s fails', async (_, goldenName, kernelName, fault) => {
  const golden = await loadGolden(goldenName, readGoldenFile)
  await expectCaught(golden, kernelName, fault)
})

const tooLarge: Fault = (arrays, shape, run, { bindings }) => {
  run(arrays, shape)
  for (const [name, binding] of Object.entries(bindings)) {
    const output = arrays[name]
    if (accessOf(binding, shape) === 'read' || !(output instanceof Float32Array)) continue
    for (let i = 0; i < output.length; i++) output[i] = 1.01 * (output[i] ?? 0)
  }
}

describe('any kernel whose results are 1 % too large makes a golden fail', () => {
  const kernels: Record<string, readonly string[]> = {
    'llama-linear': [
      'embed/forward',
      'rmsNorm/forward',
      'rmsNorm/backward',
      'linear/forward',
      'linear/backward',
      'rope/rotate',
      'attention/forward',
      'attention/backwardQuery',
      'attention/backwardKeyValue',
      'swiglu/forward',
      'swiglu/backward',
      'lora/project/',
      'lora/projectBack',
      'lora/gradient/',
      'crossEntropy/gradient',
      'crossEntropy/sumLoss',
      'gradientNorm/squares',
      'gradientNorm/clip',
      'adamw/update',
    ],
    gpt2: [
      'residual/forward',
      'layerNorm/forward',
      'layerNorm/backward',
      'gelu/forward',
      'gelu/backward',
      'splitColumns/forward',
      'splitColumns/backward',
    ],
    'qwen2-int8': ['rope/rotateInPlace'],
    'llama-tied': ['linear/weightGradient'],
    'llama-int8': ['embed/forwardInt8', 'linear/forward/int8', 'linear/backward/int8', 'lora/gradients'],
  }
  const cases = Object.entries(kernels).flatMap(([golden, names]) => names.map((name) => [name, golden] as const))
  test.each(cases)('%s (%s)', async (kernelName, goldenName) => {
    const golden = await loadGolden(goldenName, readGoldenFile)
    await expectCaught(golden, kernelName, tooLarge)
  })

  test('every kernel that a golden runs is among them', async () => {
    const listed = new Set(cases.map(([kernelName]) => familyOfKernel(kernelName)))
    for (const name of goldenNames) {
      const { plans } = recordGolden(await loadGolden(name, readGoldenFile))
      for (const { kernel } of plans.flatMap(({ steps }) => steps)) {
        expect(listed, `${kernel.name} of ${name}`).toContain(familyOfKernel(kernel.name))
      }
    }
  })
})

/** Its folder and pass, without the variant. */
function familyOfKernel(name: string): string {
  return name.split('/', 2).join('/')
}

/** A golden misses a target, by a number: a fault that only makes NaN would be caught by anything. */
async function expectCaught(golden: Golden, kernelName: string, fault: Fault): Promise<void> {
  const errors = missed(await errorsOfGolden(golden, withFault(kernelName, fault), stepsFor(kernelName)))
  expect(errors).not.toEqual([])
  for (const [check, error] of errors) expect(Number.isFinite(error), check).toBe(true)
}

/** Abramowitz & Stegun 7.1.26, to 1.5e-7: finer than the difference looked for. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x))
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.sign(x) * (1 - series * Math.exp(-x * x))
}
