import type { DeviceReport } from '../engine/api'

/** As much as the browser says: often only vendor and family, or nothing. */
export function deviceName({ description, vendor, architecture }: DeviceReport): string {
  return description || [vendor, architecture].filter(Boolean).join(' ')
}
