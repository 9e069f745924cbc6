// Bytes per second as people want to see it: of the last few seconds, not of the whole download.

const WINDOW_MS = 4000

export interface Throughput {
  readonly note: (bytes: number) => void
  readonly bytesPerSecond: () => number | null
}

export function throughput(now: () => number): Throughput {
  const notes: { readonly at: number; readonly bytes: number }[] = []
  return {
    note: (bytes) => {
      notes.push({ at: now(), bytes })
      while (notes.length > 2 && (notes[1]?.at ?? 0) < now() - WINDOW_MS) notes.shift()
    },
    bytesPerSecond: () => {
      const [first] = notes
      const last = notes.at(-1)
      if (!first || !last || last.at - first.at < 200) return null
      return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000
    },
  }
}
