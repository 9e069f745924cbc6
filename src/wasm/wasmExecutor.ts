// Runs plans in ONNX Runtime: a session for each plan, whose borders are the tensors that outlive a run.
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-web'
import { defined } from '../base/assert'
import { bytesOf } from '../base/bytes'
import { planGraph, storedDType, type GraphPort } from '../onnx/planGraph'
import type { OnnxRuntime } from '../onnx/runtime'
import type { Executor } from '../plan/executor'
import { planMemory } from '../plan/memory'
import type { Plan } from '../plan/plan'
import type { Tensor } from '../plan/tensor'
import type { WasmMemory } from './wasmMemory'

interface Preparation {
  readonly runtime: OnnxRuntime
  readonly nextTask: () => Promise<void>
  readonly plans: readonly Plan[]
  /** Those of `plans` whose graphs are opened when `ready` asks. */
  readonly later: readonly Plan[]
}

interface Runnable {
  readonly session: InferenceSession
  readonly outputs: readonly GraphPort[]
  /** Windows into the tensors' own bytes: a run reads what is there then. */
  readonly feeds: Readonly<Record<string, OnnxTensor>>
}

export class WasmExecutor implements Executor {
  readonly #memory: WasmMemory
  readonly #nextTask: () => Promise<void>
  readonly #runtime: OnnxRuntime
  readonly #runnables = new Map<Plan, Runnable>()
  readonly #later: readonly Plan[]
  #ready: Promise<void> | undefined

  private constructor(memory: WasmMemory, { runtime, nextTask, later }: Omit<Preparation, 'plans'>) {
    this.#memory = memory
    this.#runtime = runtime
    this.#nextTask = nextTask
    this.#later = later
  }

  static async build(memory: WasmMemory, preparation: Preparation): Promise<WasmExecutor> {
    const { plans, later } = preparation
    const executor = new WasmExecutor(memory, preparation)
    try {
      for (const plan of later) for (const tensor of planMemory(plan).persistent) memory.place(tensor)
      await executor.#open(plans.filter((plan) => !later.includes(plan)))
      return executor
    } catch (thrown) {
      executor.dispose()
      throw thrown
    }
  }

  /** After what runs already: opening a graph keeps the thread as long as running one. */
  ready(): Promise<void> {
    this.#ready ??= this.#memory.enqueue(() => this.#open(this.#later))
    return this.#ready
  }

  write(tensor: Tensor, data: ArrayBufferView, offsetBytes = 0): void {
    this.#memory.write(tensor, data, offsetBytes)
  }

  run(plan: Plan): void {
    const { session, outputs, feeds } = defined(
      this.#runnables.get(plan),
      `${plan.name} was not built, or is not ready`,
    )
    void this.#memory.enqueue(async () => {
      const results = await session.run(feeds)
      for (const { name, tensor } of outputs) {
        const value = defined(results[name], name)
        this.#memory.array(tensor).set(value.data as Float32Array)
        value.dispose()
      }
      await this.#nextTask()
    })
  }

  read(tensor: Tensor): Promise<ArrayBuffer> {
    return this.#memory.enqueue(() => Promise.resolve(bytesOf(this.#memory.array(tensor)).slice().buffer))
  }

  dispose(): void {
    void this.#memory.recover(async () => {
      for (const { session } of this.#runnables.values()) await session.release()
    })
  }

  async #open(plans: readonly Plan[]): Promise<void> {
    for (const plan of plans) {
      this.#runnables.set(plan, await openPlan(this.#runtime, this.#memory, plan))
      await this.#nextTask()
    }
  }
}

async function openPlan(runtime: OnnxRuntime, memory: WasmMemory, plan: Plan): Promise<Runnable> {
  const { bytes, inputs, outputs } = planGraph(plan)
  const session = await runtime.InferenceSession.create(bytes, { executionProviders: ['wasm'], logSeverityLevel: 3 })
  for (const { tensor } of [...inputs, ...outputs]) memory.place(tensor)
  const feeds = inputs.map(({ name, tensor, shape }) => {
    return [name, new runtime.Tensor(storedDType[tensor.dtype], memory.array(tensor), shape)] as const
  })
  return { session, outputs, feeds: Object.fromEntries(feeds) }
}
