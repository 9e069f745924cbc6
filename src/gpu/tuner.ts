// Which implementation of a kernel this device takes: the plan says what, the device decides how.
//
// A kernel may have alternatives. Where the device is not known yet, they are tried once on random numbers: one that does not
// compile, or whose result differs from that of the kernel's own, is ruled out, and of the others the fastest is taken, if it
// is faster by more than what a measurement errs by. What was found is kept for this device.
//
// Trying is bounded: a build of plans spends half a second on it, the heaviest kernels first, and what is left waits for the
// next build. A device that was lost twice while it was tried is left alone. On a software adapter nothing is tried unasked:
// the kernels' own implementations were chosen on one, and compiling a large tile takes a second there.
import { AppError } from '../base/errors'
import { mix32 } from '../base/random'
import { implementedBy, type Alternative, type KernelSpec, type Shape, type Way } from '../plan/kernelSpec'
import type { KernelChoice } from '../plan/device'
import type { Plan } from '../plan/plan'
import { readChoices, writeChoices, type ChoiceStore, type Choices, type Verdict } from './choices'

/** A kernel on this device with buffers of random numbers. null as an alternative means the kernel's own. */
export interface Trial {
  /** The bytes of every output. */
  results(alternative: Alternative | null): Promise<readonly ArrayBuffer[]>
  /** Milliseconds of so many dispatches, from handing them over until they are done. */
  time(alternative: Alternative | null, repetitions: number): Promise<number>
  dispose(): void
}

export interface Trials {
  compiles(kernel: KernelSpec, shape: Shape, alternative: Alternative | null): Promise<boolean>
  /** @throws AppError `device/out-of-memory` */
  open(kernel: KernelSpec, shape: Shape): Promise<Trial>
}

export interface TunerOptions {
  readonly trials: Trials
  /** What choices hold for: the device, its driver as far as it is known, the browser. */
  readonly deviceName: string
  readonly hasSubgroups: boolean
  /** Tries what is unknown whenever plans are built; without, only when it is asked to. */
  readonly isEager: boolean
  /** null: choices last as long as the device. */
  readonly store: ChoiceStore | null
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

/** Of one build: short beside what compiling its kernels takes. */
const BUDGET_MS = 500
/** Of one timed run: long against a coarse clock and against waiting for the device, which takes a browser about 1 ms. */
const LEAST_RUN_MS = 4
const MAX_REPETITIONS = 1024
const ROUNDS = 3
/** Repeated measurements differ by a few percent. */
const LEAST_SPEEDUP = 1.1
/** Who is this slow in a first look need not be looked at again. */
const HOPELESS_SPEEDUP = 0.5

/** A tab can be closed at any time; a device that is lost twice would be lost again. */
const MOST_UNFINISHED = 2

interface Candidates {
  readonly kernel: KernelSpec
  readonly trialShape: Shape
  readonly alternatives: readonly Alternative[]
  readonly flops: number
}

export class Tuner {
  readonly #options: TunerOptions
  readonly #choices: Choices
  /** By the kernel's name. */
  readonly #fingerprints = new Map<string, number>()
  /** Since it was written. */
  #isChanged = false

  private constructor(options: TunerOptions, choices: Choices) {
    this.#options = options
    this.#choices = choices
  }

  /** With what was found on earlier visits. */
  static async open(options: TunerOptions): Promise<Tuner> {
    return new Tuner(options, await readChoices(options.store, options.deviceName))
  }

  /** Tries what is unknown of the plans' kernels, as long as the budget lasts. `isAsked`: on any device, all of them. */
  async tune(plans: readonly Plan[], { isAsked = false }: { isAsked?: boolean } = {}): Promise<void> {
    const { trials, isEager } = this.#options
    const all = this.#candidatesOf(plans)
    const mayTry = isAsked || (isEager && this.#choices.unfinished < MOST_UNFINISHED)
    const unknown = mayTry ? all.filter((one) => this.#untried(one).length > 0) : []
    if (unknown.length > 0) {
      this.#choices.unfinished += 1
      await this.#write()
    }
    const compiling = new Map<Candidates, Promise<readonly Alternative[]>>()
    for (const one of unknown) compiling.set(one, this.#compiled(one))
    // A choice of an earlier visit has to compile again, too: a driver may have changed without a new name.
    const known = all.map(async ({ kernel, trialShape, alternatives }) => {
      const chosen = this.#best(kernel, trialShape, alternatives)
      if (!chosen || (await trials.compiles(kernel, trialShape, chosen))) return
      this.#keep(kernel, trialShape, chosen, 'failed')
    })
    let spentMs = 0
    let hasEnded = unknown.length > 0
    for (const one of unknown) {
      const alternatives = (await compiling.get(one)) ?? []
      if (alternatives.length === 0 || (spentMs >= BUDGET_MS && !isAsked)) continue
      const started = this.#options.now()
      if (!(await this.#try(one, alternatives))) hasEnded = false
      spentMs += this.#options.now() - started
    }
    await Promise.all(known)
    if (hasEnded) this.#choices.unfinished = 0
    if (hasEnded || this.#isChanged) await this.#write()
  }

  /** The kernel as a step of such a plan is to compute it. Training takes only what changes no bit. */
  implementationOf(kernel: KernelSpec, shape: Shape, { isTraining }: Pick<Plan, 'isTraining'>): KernelSpec {
    const alternatives = this.#suited(kernel, shape).filter(({ isExact }) => isExact || !isTraining)
    const best = this.#best(kernel, trialOf(kernel, shape), alternatives)
    return best ? implementedBy(kernel, best) : kernel
  }

  /** The same for people; null where nothing was tried. */
  choiceOf(kernel: KernelSpec, shape: Shape): KernelChoice | null {
    const alternatives = this.#suited(kernel, shape)
    const tried = alternatives.flatMap(({ way }) => {
      const verdict = this.#verdict(kernel, trialOf(kernel, shape), way)
      return typeof verdict === 'number' ? [{ way, speedup: verdict }] : []
    })
    const fastest = tried.toSorted((a, b) => b.speedup - a.speedup)[0]
    return fastest ? { ...fastest, isTaken: fastest.speedup >= LEAST_SPEEDUP } : null
  }

  /** Heaviest first. */
  #candidatesOf(plans: readonly Plan[]): Candidates[] {
    const found = new Map<string, Candidates>()
    for (const plan of plans) {
      for (const { kernel, shape } of plan.steps) {
        const alternatives = this.#suited(kernel, shape).filter(({ isExact }) => isExact || !plan.isTraining)
        if (alternatives.length === 0) continue
        const trialShape = trialOf(kernel, shape)
        const key = keyOf(kernel, trialShape)
        const before = found.get(key)
        const flops = (before?.flops ?? 0) + kernel.cost(shape).flops
        found.set(key, { kernel, trialShape, alternatives: longer(alternatives, before?.alternatives ?? []), flops })
      }
    }
    return [...found.values()].toSorted((a, b) => b.flops - a.flops)
  }

  #suited(kernel: KernelSpec, shape: Shape): readonly Alternative[] {
    const { hasSubgroups } = this.#options
    return (kernel.alternatives ?? []).filter((one) => (hasSubgroups || !one.needsSubgroups) && one.suits(shape))
  }

  #untried({ kernel, trialShape, alternatives }: Candidates): readonly Alternative[] {
    return alternatives.filter(({ way }) => this.#verdict(kernel, trialShape, way) === undefined)
  }

  /** Of the untried, those that compile. The others are ruled out. */
  async #compiled(candidates: Candidates): Promise<readonly Alternative[]> {
    const { kernel, trialShape } = candidates
    const compiles = (one: Alternative | null) => this.#options.trials.compiles(kernel, trialShape, one)
    const own = compiles(null)
    const good = await Promise.all(
      this.#untried(candidates).map(async (one) => {
        if (await compiles(one)) return [one]
        this.#keep(kernel, trialShape, one, 'failed')
        return []
      }),
    )
    return (await own) ? good.flat() : []
  }

  /** False where it did not come to an end. */
  async #try({ kernel, trialShape }: Candidates, alternatives: readonly Alternative[]): Promise<boolean> {
    let trial: Trial | null = null
    try {
      trial = await this.#options.trials.open(kernel, trialShape)
      const right: Alternative[] = []
      const expected = await trial.results(null)
      for (const one of alternatives) {
        const isRight = agree(await trial.results(one), expected, one.isExact ? null : termsOf(kernel, trialShape))
        if (isRight) right.push(one)
        else this.#keep(kernel, trialShape, one, 'wrong')
      }
      const race = right.length > 0 ? await this.#race(trial, right) : []
      for (const [one, speedup] of race) this.#keep(kernel, trialShape, one, speedup)
      return true
    } catch (thrown) {
      // No room for the trial's buffers, or the device is gone: whoever builds next is told.
      return thrown instanceof AppError && thrown.code === 'device/out-of-memory'
    } finally {
      trial?.dispose()
    }
  }

  /** How many times as fast as the kernel's own each of them is: one after the other in every round, since clocks drift. */
  async #race(trial: Trial, runners: readonly Alternative[]): Promise<Map<Alternative, number>> {
    const { now } = this.#options
    const began = now()
    const repetitions = await repetitionsOf(trial)
    const ratios = new Map<Alternative, number[]>(runners.map((one) => [one, []]))
    const speedupOf = (one: Alternative) => median(ratios.get(one) ?? [])
    for (let round = 0; round < ROUNDS; round++) {
      // A device that is this slow has been measured well enough by one round.
      if (round > 0 && now() - began > BUDGET_MS) break
      const own = await trial.time(null, repetitions)
      for (const one of runners) {
        if (round > 0 && speedupOf(one) < HOPELESS_SPEEDUP) continue
        ratios.get(one)?.push(own / (await trial.time(one, repetitions)))
      }
    }
    return new Map(runners.map((one) => [one, speedupOf(one)]))
  }

  #best(kernel: KernelSpec, trialShape: Shape, alternatives: readonly Alternative[]): Alternative | null {
    let best: Alternative | null = null
    let most = LEAST_SPEEDUP
    for (const one of alternatives) {
      const verdict = this.#verdict(kernel, trialShape, one.way)
      if (typeof verdict !== 'number' || verdict < most) continue
      best = one
      most = verdict
    }
    return best
  }

  #verdict(kernel: KernelSpec, trialShape: Shape, way: Way): Verdict | undefined {
    const kept = this.#choices.kernels.get(keyOf(kernel, trialShape))
    return kept?.source === this.#fingerprint(kernel) ? kept.verdicts[way] : undefined
  }

  /** Of all a kernel's texts: with another text, what was measured says nothing. */
  #fingerprint({ name, source, alternatives = [] }: KernelSpec): number {
    const known = this.#fingerprints.get(name)
    if (known !== undefined) return known
    const hash = hashOf([source, ...alternatives.map((one) => one.source)].flat())
    this.#fingerprints.set(name, hash)
    return hash
  }

  #keep(kernel: KernelSpec, trialShape: Shape, { way }: Alternative, verdict: Verdict): void {
    const key = keyOf(kernel, trialShape)
    const source = this.#fingerprint(kernel)
    const kept = this.#choices.kernels.get(key)
    const verdicts = kept?.source === source ? kept.verdicts : {}
    this.#choices.kernels.set(key, { source, verdicts: { ...verdicts, [way]: verdict } })
    this.#isChanged = true
  }

  async #write(): Promise<void> {
    const { store, deviceName } = this.#options
    this.#isChanged = false
    await writeChoices(store, deviceName, this.#choices)
  }
}

function trialOf(kernel: KernelSpec, shape: Shape): Shape {
  return kernel.trial?.(shape) ?? shape
}

function keyOf({ name }: KernelSpec, trialShape: Shape): string {
  return `${name} ${Object.entries(trialShape)
    .map(([size, value]) => `${size} ${value}`)
    .join(', ')}`
}

function hashOf(texts: readonly string[]): number {
  let hash = 0
  for (const text of texts) for (let at = 0; at < text.length; at++) hash = mix32(hash ^ text.charCodeAt(at))
  return hash
}

/** Products in the sum of one element of the output. */
function termsOf(kernel: KernelSpec, shape: Shape): number {
  const outputs = Object.values(kernel.bindings)
    .filter(({ access }) => access !== 'read')
    .reduce((sum, binding) => sum + binding.size(shape), 0)
  return kernel.cost(shape).flops / (2 * outputs)
}

const FLOAT32_EPSILON = 2 ** -23

/**
 * Whether results are the same: bit for bit, or, for sums of `terms` products of numbers of size one, within what float32
 * can differ by when it adds them in two orders. Each order errs by at most 8 epsilon for each term (see kernels/cases.ts).
 */
function agree(results: readonly ArrayBuffer[], expected: readonly ArrayBuffer[], terms: number | null): boolean {
  return expected.every((bytes, index) => {
    const other = results[index]
    if (other?.byteLength !== bytes.byteLength) return false
    if (terms === null) {
      const [a, b] = [new Uint32Array(bytes), new Uint32Array(other)]
      return a.every((word, at) => word === b[at])
    }
    const [a, b] = [new Float32Array(bytes), new Float32Array(other)]
    const absolute = 2 * 8 * FLOAT32_EPSILON * Math.max(1, terms)
    return a.every(
      (value, at) => Math.abs((b[at] ?? Number.NaN) - value) <= absolute + 16 * FLOAT32_EPSILON * Math.abs(value),
    )
  })
}

/** How many dispatches make a run long enough. One of them says little: waiting for it can take longer than computing it. */
async function repetitionsOf(trial: Trial): Promise<number> {
  let repetitions = 1
  let runMs = await trial.time(null, repetitions)
  while (runMs < LEAST_RUN_MS && repetitions < MAX_REPETITIONS) {
    repetitions *= 4
    runMs = await trial.time(null, repetitions)
  }
  return Math.max(1, Math.ceil(repetitions * Math.min(1, LEAST_RUN_MS / runMs)))
}

function longer<T>(one: readonly T[], other: readonly T[]): readonly T[] {
  return one.length >= other.length ? one : other
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0
}
