// A GPU as the engine knows devices.
import type { Device, KernelChoice } from '../plan/device'
import type { KernelSpec, Shape } from '../plan/kernelSpec'
import type { PlannedRead } from '../plan/memory'
import type { Plan } from '../plan/plan'
import { GpuExecutor } from './executor'
import { Gpu } from './gpu'

export class GpuDevice extends Gpu implements Device {
  readonly needsParts = true

  foresee(plans: readonly Plan[]): void {
    for (const plan of plans) {
      for (const { kernel, shape } of plan.steps) {
        const chosen = this.tuner?.implementationOf(kernel, shape, plan) ?? kernel
        this.pipelines.pipeline(chosen, shape).catch(() => undefined)
      }
    }
  }

  build(plans: readonly Plan[], reads?: readonly PlannedRead[], later?: readonly Plan[]): Promise<GpuExecutor> {
    return GpuExecutor.build(this, plans, reads, later)
  }

  async tune(plans: readonly Plan[]): Promise<void> {
    await this.tuner?.tune(plans, { isAsked: true })
    this.check()
  }

  choiceOf(kernel: KernelSpec, shape: Shape): KernelChoice | null {
    return this.tuner?.choiceOf(kernel, shape) ?? null
  }
}
