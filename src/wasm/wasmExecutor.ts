// Runs plans in ONNX Runtime: a session for each plan, whose borders are the tensors that outlive a run.
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-web'
import { defined } from '../base/assert'
import { bytesOf } from '../base/bytes'
import { planGraph, storedDType, type GraphPort } from '../onnx/planGraph'
import type { OnnxRuntime } from '../onnx/runtime'
import type { Executor } from '../plan/executor'
import type { Plan } from '../plan/plan'
import type { Tensor } from '../plan/tensor'
import type { WasmMemory } from './wasmMemory'

interface Runnable {
  readonly session: InferenceSession
  readonly outputs: readonly GraphPort[]
  /** Windows into the tensors' own bytes: a run reads what is there then. */
  readonly feeds: Readonly<Record<string, OnnxTensor>>
}

export class WasmExecutor implements Executor {
  readonly #memory: WasmMemory
  readonly #nextTask: () => Promise<void>
  readonly #runnables: ReadonlyMap<Plan, Runnable>

  private constructor(memory: WasmMemory, nextTask: () => Promise<void>, runnables: ReadonlyMap<Plan, Runnable>) {
    this.#memory = memory
    this.#nextTask = nextTask
    this.#runnables = runnables
  }

  static async build(
    memory: WasmMemory,
    {
      runtime,
      nextTask,
      plans,
    }: { readonly runtime: OnnxRuntime; readonly nextTask: () => Promise<void>; readonly plans: readonly Plan[] },
  ): Promise<WasmExecutor> {
    const runnables = new Map<Plan, Runnable>()
    const executor = new WasmExecutor(memory, nextTask, runnables)
    try {
      for (const plan of plans) {
        runnables.set(plan, await openPlan(runtime, memory, plan))
        await nextTask()
      }
      return executor
    } catch (thrown) {
      executor.dispose()
      throw thrown
    }
  }

  write(tensor: Tensor, data: ArrayBufferView, offsetBytes = 0): void {
    this.#memory.write(tensor, data, offsetBytes)
  }

  run(plan: Plan): void {
    const { session, outputs, feeds } = defined(this.#runnables.get(plan), `${plan.name} was not built`)
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
