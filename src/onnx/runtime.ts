/** ONNX Runtime Web, however it was loaded: the page and Node have different builds of it. */
export type OnnxRuntime = typeof import('onnxruntime-web')
