// Web Locks: one writer for a run, across all tabs. The browser frees them when a tab dies.

/** Takes the lock, or answers null when another tab or worker holds it. */
export function holdLock(name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null)
        return new Promise<void>((release) => resolve(release))
      })
      .catch(reject)
  })
}
