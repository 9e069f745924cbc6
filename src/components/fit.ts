// Whether a run fits a device, told before anything is fetched. A browser does not say how much memory a GPU has: its
// largest buffer is a bound that cannot be crossed, and the only hint at the size of the rest.
import type { DeviceReport } from '../engine/api'

export type Fit = 'fits' | 'tight' | 'doesNotFit'

export type BufferLimits = Pick<DeviceReport, 'maxBufferBytes' | 'maxBindingBytes'>

export function fitOf(
  { largestBytes, totalBytes }: { readonly largestBytes: number; readonly totalBytes: number },
  { maxBufferBytes, maxBindingBytes }: BufferLimits,
): Fit {
  if (largestBytes > Math.min(maxBufferBytes, maxBindingBytes)) return 'doesNotFit'
  return totalBytes > maxBufferBytes ? 'tight' : 'fits'
}

/** A run takes about twice its weights: activations, adapter, optimizer. */
const RUN_FACTOR = 2

/** The same by the weights alone, for a model that nothing was planned for. Each lies in buffers that all devices have. */
export function fitOfWeights(weightBytes: number, limits: BufferLimits): Fit {
  return fitOf({ largestBytes: 0, totalBytes: RUN_FACTOR * weightBytes }, limits)
}
