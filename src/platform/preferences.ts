// The two choices that outlive a visit: language and theme. A browser that forbids storage only forgets them.

export function readPreference(name: string): string | null {
  try {
    return globalThis.localStorage?.getItem(`plume.${name}`) ?? null
  } catch {
    return null
  }
}

export function writePreference(name: string, value: string): void {
  try {
    globalThis.localStorage?.setItem(`plume.${name}`, value)
  } catch {
    // Nothing is lost but the habit: the next visit asks the browser again.
  }
}
