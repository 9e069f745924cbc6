import { useCapability } from './capability'
import { useComparison } from './comparison'
import { useInspection } from './inspection'
import { useLab } from './lab'
import { useOnnxReference } from './onnxReference'
import { isAlive, useRun } from './run'
import { useTrial } from './trial'

/** True when there is a device and nothing holds it: the engine does one thing at a time. */
export function useIsFree(): boolean {
  const hasDevice = useCapability(({ state }) => state.name === 'ready')
  const isRunning = useRun((run) => isAlive(run.state))
  const isComparing = useComparison(({ queue, writing }) => queue.length > 0 || writing !== null)
  const isTrying = useTrial(({ state }) => state.name === 'running')
  const isLooking = useInspection(({ state }) => state.name === 'looking')
  const isReferring = useOnnxReference(({ state }) => state.name === 'measuring')
  const isMeasuring = useLab(({ state }) => state.name === 'measuring')
  return hasDevice && !isMeasuring && !isReferring && !isRunning && !isComparing && !isTrying && !isLooking
}
