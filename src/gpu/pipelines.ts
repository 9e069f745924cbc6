// Compute pipelines, compiled once for each kernel and set of constants, asynchronously and in parallel.
import type { Access, KernelSpec, Shape } from '../plan/kernelSpec'

const COMPUTE_STAGE = 0x4 // GPUShaderStage.COMPUTE

export class PipelineCache {
  readonly #device: GPUDevice
  readonly #modules = new Map<string, GPUShaderModule>()
  readonly #layouts = new Map<string, GPUBindGroupLayout>()
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>()

  constructor(device: GPUDevice) {
    this.#device = device
  }

  /** The pipeline of `kernel` for `shape`; compiled at the first call. Rejects with the compiler's message. */
  pipeline(kernel: KernelSpec, shape: Shape): Promise<GPUComputePipeline> {
    const constants = kernel.constants(shape)
    const key = `${kernel.name} ${JSON.stringify(constants)}`
    let pipeline = this.#pipelines.get(key)
    if (!pipeline) {
      pipeline = this.#device.createComputePipelineAsync({
        label: key,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: [this.layout(kernel)] }),
        compute: { module: this.#module(kernel), entryPoint: 'main', constants },
      })
      this.#pipelines.set(key, pipeline)
    }
    return pipeline
  }

  layout(kernel: KernelSpec): GPUBindGroupLayout {
    const accesses = Object.values(kernel.bindings).map((binding) => binding.access)
    const key = accesses.map((access) => (access === 'read' ? 'r' : 'w')).join('')
    let layout = this.#layouts.get(key)
    if (!layout) {
      layout = this.#device.createBindGroupLayout({ label: key, entries: accesses.map(layoutEntry) })
      this.#layouts.set(key, layout)
    }
    return layout
  }

  #module(kernel: KernelSpec): GPUShaderModule {
    let shader = this.#modules.get(kernel.name)
    if (!shader) {
      shader = this.#device.createShaderModule({ label: kernel.name, code: kernel.source.join('\n') })
      this.#modules.set(kernel.name, shader)
    }
    return shader
  }
}

function layoutEntry(access: Access, binding: number): GPUBindGroupLayoutEntry {
  return { binding, visibility: COMPUTE_STAGE, buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' } }
}
