import { useCapability } from '../../stores/capability'
import { useComparison } from '../../stores/comparison'
import { useInspection } from '../../stores/inspection'
import { useOnnxReference } from '../../stores/onnxReference'
import { isAlive, useRun } from '../../stores/run'
import { useTrial } from '../../stores/trial'

/** True when there is a device and nothing holds it: the engine does one thing at a time. */
export function useIsFree(): boolean {
  const hasDevice = useCapability(({ state }) => state.name === 'ready')
  const isRunning = useRun((run) => isAlive(run.state))
  const isComparing = useComparison(({ queue, writing }) => queue.length > 0 || writing !== null)
  const isTrying = useTrial(({ state }) => state.name === 'running')
  const isLooking = useInspection(({ state }) => state.name === 'looking')
  const isReferring = useOnnxReference(({ state }) => state.name === 'measuring')
  return hasDevice && !isReferring && !isRunning && !isComparing && !isTrying && !isLooking
}
