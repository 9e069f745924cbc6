// What a run would take with each model of the catalogue, by the planner: nothing is fetched for it.
import type { RunEstimate, TrainingSettings } from '../engine/api'
import { catalogue } from '../hub/catalogue'
import { engine } from '../rpc/client'

/** A knob that moves asks again only once it rests. */
const REST_MS = 250

/**
 * Plans one model after the other and tells what is known so far. Answers with what ends it.
 * A model that these settings cannot train is left out.
 */
export function planCatalogue(
  settings: TrainingSettings,
  onEstimates: (estimates: ReadonlyMap<string, RunEstimate>) => void,
): () => void {
  let isEnded = false
  const timer = setTimeout(() => void plan(), REST_MS)
  async function plan(): Promise<void> {
    const estimates = new Map<string, RunEstimate>()
    for (const { id, config } of catalogue) {
      const estimate = await engine()
        .planModel(config, settings)
        .catch(() => null) // the settings are wrong, which their own knobs tell
      if (isEnded) return
      if (estimate) estimates.set(id, estimate)
      onEstimates(new Map(estimates))
    }
  }
  return () => {
    isEnded = true
    clearTimeout(timer)
  }
}
