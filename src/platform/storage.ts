// How much room the browser gives this site, where it says so.

export interface StorageReport {
  readonly usedBytes: number
  readonly quotaBytes: number
  /** True when the browser promised not to clear it under pressure. */
  readonly isPersistent: boolean
}

/** Asks the browser not to clear what is stored. It may say no, or ask the person. */
export async function askToPersist(): Promise<boolean> {
  try {
    return await navigator.storage.persist()
  } catch {
    return false
  }
}

export async function inspectStorage(): Promise<StorageReport | null> {
  try {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate()
    return { usedBytes: usage, quotaBytes: quota, isPersistent: await navigator.storage.persisted() }
  } catch {
    return null
  }
}
