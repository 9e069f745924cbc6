// A device that makes nothing and counts everything, to check what would be allocated for models that no test
// machine can hold.
export function countingDevice(): GPUDevice {
  const device = {
    lost: new Promise<never>(() => undefined),
    addEventListener: () => undefined,
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createBuffer: ({ size, label }: GPUBufferDescriptor) => ({ size, label, destroy: () => undefined }),
    createShaderModule: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createBindGroup: () => ({}),
    createComputePipeline: () => ({ getBindGroupLayout: () => ({}) }),
    createComputePipelineAsync: () => Promise.resolve({ getBindGroupLayout: () => ({}) }),
    queue: { writeBuffer: () => undefined },
    destroy: () => undefined,
  }
  return device as unknown as GPUDevice
}
