// Owns the GPU. Nothing but the engine and what a worker gives it.
import { AppError } from '../src/base/errors'
import { Engine } from '../src/engine/engine'
import { openGpu } from '../src/gpu/device'
import { holdLock } from '../src/platform/locks'
import { OpfsStore } from '../src/platform/opfsStore'
import { onnxRuntime } from '../src/platform/onnxRuntime'
import { openServedModel } from '../src/platform/servedModel'
import { serve } from '../src/rpc/serve'

serve(
  new Engine({
    openDevice: () => {
      if (!navigator.gpu) throw new AppError('device/no-webgpu', { message: 'navigator.gpu is missing' })
      return openGpu(navigator.gpu)
    },
    openLocation: openServedModel,
    onnxRuntime,
    store: new OpfsStore(),
    lock: holdLock,
    now: () => performance.now(),
    date: () => Date.now(),
  }),
)
