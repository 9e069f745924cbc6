// Whether a run fits a device. A browser does not say how much memory a GPU has: its largest buffer is a bound that
// cannot be crossed, and the only hint at the size of the rest.
import type { DeviceReport, RunEstimate } from '../../engine/api'
import { totalBytes } from '../../plan/memory'

export type Fit = 'fits' | 'tight' | 'doesNotFit'

export function fitOf(
  { largestBufferBytes, memory }: Pick<RunEstimate, 'largestBufferBytes' | 'memory'>,
  { maxBufferBytes, maxBindingBytes }: Pick<DeviceReport, 'maxBufferBytes' | 'maxBindingBytes'>,
): Fit {
  if (largestBufferBytes > Math.min(maxBufferBytes, maxBindingBytes)) return 'doesNotFit'
  return totalBytes(memory) > maxBufferBytes ? 'tight' : 'fits'
}
