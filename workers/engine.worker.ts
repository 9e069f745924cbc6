// Owns the device. Nothing but the engine and what a worker gives it.
import { Engine } from '../src/engine/engine'
import { openBestDevice } from '../src/platform/devices'
import { holdLock } from '../src/platform/locks'
import { OpfsStore } from '../src/platform/opfsStore'
import { onnxRuntime } from '../src/platform/onnxRuntime'
import { openServedModel } from '../src/platform/servedModel'
import { serve } from '../src/rpc/serve'

serve(
  new Engine({
    openDevice: openBestDevice,
    openLocation: openServedModel,
    onnxRuntime,
    store: new OpfsStore(),
    lock: holdLock,
    now: () => performance.now(),
    date: () => Date.now(),
  }),
)
