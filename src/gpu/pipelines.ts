// Compute pipelines, compiled once for each kernel and set of constants, asynchronously and in parallel.
import type { Access, KernelSpec, Shape } from '../plan/kernelSpec'

const COMPUTE_STAGE = 0x4 // GPUShaderStage.COMPUTE

export class PipelineCache {
  readonly #device: GPUDevice
  readonly #modules = new Map<string, GPUShaderModule>()
  readonly #layouts = new Map<string, GPUBindGroupLayout>()
  #sizesLayout: GPUBindGroupLayout | undefined
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
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: this.#groupLayouts(kernel) }),
        compute: { module: this.#module(kernel), entryPoint: 'main', constants },
      })
      this.#pipelines.set(key, pipeline)
    }
    return pipeline
  }

  /** The layout of the uniform `Sizes` at @group(1). */
  get sizesLayout(): GPUBindGroupLayout {
    this.#sizesLayout ??= this.#device.createBindGroupLayout({
      label: 'sizes',
      entries: [{ binding: 0, visibility: COMPUTE_STAGE, buffer: { type: 'uniform' } }],
    })
    return this.#sizesLayout
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

  #groupLayouts(kernel: KernelSpec): GPUBindGroupLayout[] {
    return kernel.sizes ? [this.layout(kernel), this.sizesLayout] : [this.layout(kernel)]
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
