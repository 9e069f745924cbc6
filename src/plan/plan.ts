// A plan is an ordered list of kernel steps over named tensors. Models record plans; executors (gpu/,
// reference/) run them. Nothing here computes.
//
// Backward steps are recorded by closures: an op records its forward steps and registers, beside them,
// how to record the backward ones. `backward()` calls the closures in reverse order.
import { assert, defined } from '../base/assert'
import { accessOf, type KernelSpec, type Shape } from './kernelSpec'
import { elementCount, makeTensor, overlapInBytes, sizeBytes, viewTensor, type DType, type Tensor } from './tensor'

export interface Step {
  readonly kernel: KernelSpec
  readonly shape: Shape
  readonly bindings: Readonly<Record<string, Tensor>>
}

/** Where a gradient goes. `accumulate` is 1 when the tensor already holds a part that must be kept. */
export interface GradientTarget {
  readonly tensor: Tensor
  readonly accumulate: 0 | 1
}

interface TapeEntry {
  readonly output: Tensor
  readonly record: (dOutput: Tensor) => void
}

export class Plan {
  readonly name: string
  readonly isTraining: boolean
  readonly steps: Step[] = []
  #tape: TapeEntry[] = []
  #tapeIsOn: boolean
  readonly #gradients = new Map<Tensor, Tensor>()
  /** The windows that have a gradient, by their base and where they begin. */
  readonly #windows = new Map<Tensor, Map<number, Tensor>>()

  constructor(name: string, { isTraining = false }: { isTraining?: boolean } = {}) {
    this.name = name
    this.isTraining = isTraining
    this.#tapeIsOn = isTraining
  }

  /** A tensor that lives within one run of the plan. Its bytes are shared with others when lifetimes allow. */
  activation(
    name: string,
    shape: readonly number[],
    { dtype = 'f32', needsGradient = false }: { dtype?: DType; needsGradient?: boolean } = {},
  ): Tensor {
    return makeTensor(name, shape, { dtype, role: 'activations', needsGradient: needsGradient && this.isTraining })
  }

  /** Appends one dispatch of `kernel`. */
  run<S extends Shape>(kernel: KernelSpec<S>, shape: S, bindings: Readonly<Record<string, Tensor>>): void {
    const spec = kernel as unknown as KernelSpec
    checkBindings(spec, shape, bindings)
    this.steps.push({ kernel: spec, shape, bindings })
  }

  /** Registers how the backward steps of `output` are recorded, given the tensor that holds its gradient. */
  onBackward(output: Tensor, record: (dOutput: Tensor) => void): void {
    if (this.#tapeIsOn && output.needsGradient) this.#tape.push({ output, record })
  }

  /**
   * Where to write the gradient of `tensor`. The first caller overwrites, later ones accumulate. That of a window is a window
   * into its base's, which has its gradient when all its windows have theirs.
   */
  gradient(tensor: Tensor): GradientTarget {
    const existing = this.#gradients.get(tensor)
    if (existing) return { tensor: existing, accumulate: 1 }
    const created = isWindow(tensor)
      ? this.#windowOfGradient(tensor)
      : makeTensor(`d ${tensor.name}`, tensor.shape, { role: 'activations' })
    this.#gradients.set(tensor, created)
    return { tensor: created, accumulate: 0 }
  }

  #windowOfGradient(tensor: Tensor): Tensor {
    const { base, name, shape, offsetBytes } = tensor
    const whole = this.gradient(base).tensor
    this.#windows.set(base, (this.#windows.get(base) ?? new Map<number, Tensor>()).set(offsetBytes, tensor))
    return viewTensor(whole, `d ${name}`, shape, offsetBytes)
  }

  /**
   * Names the tensor that holds (or will accumulate) the gradient of `tensor`: a parameter's slice of the
   * gradient slab, or, for a residual, the output's gradient itself. A residual's branch must be its
   * output's only consumer, or a later accumulation would change what the branch still has to read.
   */
  setGradient(tensor: Tensor, gradient: Tensor): void {
    assert(!this.#gradients.has(tensor), `the gradient of ${tensor.name} is set twice`)
    assert(!isWindow(tensor), `the gradient of ${tensor.name} is a window into that of ${tensor.base.name}`)
    assert(elementCount(tensor) === elementCount(gradient), `${gradient.name} does not fit ${tensor.name}`)
    this.#gradients.set(tensor, gradient)
  }

  hasGradient(tensor: Tensor): boolean {
    return this.#gradients.has(tensor)
  }

  /** Records the backward steps of everything on the tape whose output has a gradient. */
  backward(): void {
    assert(this.isTraining, `${this.name} is not a training plan`)
    const tape = this.#tape
    this.#tape = []
    for (const { output, record } of tape.reverse()) {
      const dOutput = this.#gradients.get(output)
      if (!dOutput) continue
      const windows = this.#windows.get(output)?.values()
      const bytes = windows ? [...windows].reduce((sum, one) => sum + sizeBytes(one), 0) : sizeBytes(output)
      assert(bytes === sizeBytes(output), `some window into ${output.name} has no gradient`)
      record(dOutput)
    }
  }

  /**
   * Gradient checkpointing: `build` is recorded without its tape, and recorded once more in the backward
   * pass, so that only `input` is kept in between. Costs one more forward of `build`.
   */
  checkpoint(input: Tensor, build: (input: Tensor) => Tensor): Tensor {
    if (!this.isTraining) return build(input)
    const wasOn = this.#tapeIsOn
    this.#tapeIsOn = false
    const output = build(input)
    this.#tapeIsOn = wasOn
    this.onBackward(output, (dOutput) => {
      assert(this.#tape.length === 0, 'checkpoints do not nest')
      const again = build(input)
      this.#gradients.set(again, dOutput)
      this.backward()
    })
    return output
  }

  /** Drops steps whose results nobody reads, such as the end of a recomputed block. Call once, when recording is over. */
  finish(): this {
    const readLater = new Set<Tensor>()
    const kept: Step[] = []
    for (const step of this.steps.toReversed()) {
      const written = tensorsOf(step, 'write').concat(tensorsOf(step, 'update'))
      if (!written.some((tensor) => tensor.isPersistent || readLater.has(tensor.base))) continue
      kept.push(step)
      for (const tensor of tensorsOf(step, 'read').concat(tensorsOf(step, 'update'))) readLater.add(tensor.base)
    }
    this.steps.splice(0, this.steps.length, ...kept.reverse())
    return this
  }
}

/** A part of another activation. Windows into what outlives a run have gradients of their own. */
function isWindow(tensor: Tensor): boolean {
  return tensor.base !== tensor && !tensor.isPersistent
}

/** The tensors a step uses with the given access. */
export function tensorsOf(step: Step, access: 'read' | 'write' | 'update'): Tensor[] {
  return Object.entries(step.kernel.bindings)
    .filter(([, binding]) => accessOf(binding, step.shape) === access)
    .map(([name]) => defined(step.bindings[name], `${step.kernel.name} misses ${name}`))
}

function checkBindings(kernel: KernelSpec, shape: Shape, bindings: Readonly<Record<string, Tensor>>): void {
  const readBases = new Set<Tensor>()
  const written: Tensor[] = []
  for (const [name, binding] of Object.entries(kernel.bindings)) {
    const tensor = defined(bindings[name], `${kernel.name} misses its tensor ${name}`)
    const expected = binding.size(shape)
    assert(
      elementCount(tensor) === expected && tensor.dtype === binding.dtype,
      `${kernel.name}: ${name} is ${tensor.name} (${elementCount(tensor)} ${tensor.dtype}), expected ${expected} ${binding.dtype}`,
    )
    if (binding.access === 'read') readBases.add(tensor.base)
    else {
      // Two windows of one tensor may be written at once, as long as they have no byte in common.
      const isTwice = written.some((other) => overlapInBytes(other, tensor))
      assert(!isTwice, `${kernel.name} writes ${tensor.base.name} twice`)
      written.push(tensor)
    }
  }
  // WebGPU tracks usage per buffer and dispatch: one buffer cannot be read-only and writable at once.
  for (const { base } of written) assert(!readBases.has(base), `${kernel.name} reads and writes ${base.name}`)
  assert(
    Object.keys(bindings).length === Object.keys(kernel.bindings).length,
    `${kernel.name} is given a tensor it does not declare`,
  )
}
