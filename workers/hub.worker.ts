// The only code that may reach another host: its response alone carries a policy that allows the model hub.
import { HUB_ENDPOINT, UPLOAD_ORIGIN } from '../src/hub/hosts'
import { HubService } from '../src/hub/hubService'
import { holdLock } from '../src/platform/locks'
import { OpfsFileStore } from '../src/platform/opfsFileStore'
import { serve } from '../src/rpc/serve'

serve(
  new HubService({
    endpoint: HUB_ENDPOINT,
    uploadOrigins: [UPLOAD_ORIGIN],
    store: new OpfsFileStore(),
    fetch: (...call) => fetch(...call),
    lock: holdLock,
    now: () => performance.now(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }),
)
