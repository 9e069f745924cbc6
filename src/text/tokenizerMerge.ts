// Byte-pair encoding of one piece: the pair of neighbours with the lowest rank is joined first, the leftmost
// among equals, until no pair is left that has a rank (Sennrich et al. 2016, arXiv 1508.07909).
//
// Time is n log n in the length of the piece and memory about 50 bytes a symbol while it is merged. Libraries
// were tried: their merging takes seconds for 32,000 characters, and has no answer for a line of a megabyte.

/** Merge `rank` joins left[rank] and right[rank] into merged[rank]; all are ids. */
export interface Merges {
  readonly left: Int32Array
  readonly right: Int32Array
  readonly merged: Int32Array
}

/** Joins the first `count` of `symbols` and returns the ids that are left. */
export type Merger = (symbols: Int32Array, count: number) => number[]

const NONE = -1
/** Pieces up to here share their working memory. */
const KEPT_SYMBOLS = 4096
/** A heap entry is rank * RANK + place: exact in a double for 2^21 merges. */
const RANK = 2 ** 31

export function createMerger(merges: Merges, vocabularySize: number): Merger {
  const rankOf = rankFinder(merges, vocabularySize)
  const kept = workspace(KEPT_SYMBOLS)

  return (symbols, count) => {
    if (count === 1) return [symbols[0]!]
    const { next, previous, ranks, heap } = count <= KEPT_SYMBOLS ? kept : workspace(count)
    heap.clear()

    function look(place: number): void {
      const after = next[place]!
      const rank = after === NONE ? NONE : rankOf(symbols[place]!, symbols[after]!)
      ranks[place] = rank
      if (rank !== NONE) heap.push(rank * RANK + place)
    }

    for (let place = 0; place < count; place++) {
      previous[place] = place - 1
      next[place] = place + 1 < count ? place + 1 : NONE
    }
    for (let place = 0; place < count; place++) look(place)
    while (heap.size() > 0) {
      const entry = heap.pop()
      const rank = Math.floor(entry / RANK)
      const place = entry - rank * RANK
      if (ranks[place] !== rank) continue // one of the two has been joined with another since
      const joined = next[place]!
      symbols[place] = merges.merged[rank]!
      ranks[joined] = NONE
      const after = next[joined]!
      next[place] = after
      if (after !== NONE) previous[after] = place
      look(place)
      if (previous[place] !== NONE) look(previous[place]!)
    }
    const ids: number[] = []
    for (let place = 0; place !== NONE; place = next[place]!) ids.push(symbols[place]!)
    return ids
  }
}

/**
 * The rank of a pair, or NONE. Pairs lie sorted by left, then right, and are found by halving: unlike a hash
 * table, no choice of merges makes it slow.
 */
function rankFinder({ left, right }: Merges, vocabularySize: number): (left: number, right: number) => number {
  const byPair = sortedBy(left, sortedBy(right, Int32Array.from(left.keys()), vocabularySize), vocabularySize)
  const rights = byPair.map((rank) => right[rank]!)
  const starts = startsOf(left, vocabularySize)
  return (one, other) => {
    let low = starts[one]!
    const end = starts[one + 1]!
    let high = end
    while (low < high) {
      const middle = (low + high) >> 1
      // Equal ones are passed: of a pair that stands there twice the last counts, as in the reference.
      if (rights[middle]! <= other) low = middle + 1
      else high = middle
    }
    return low > starts[one]! && rights[low - 1] === other ? byPair[low - 1]! : NONE
  }
}

/** starts[id] is how many of `ids` are below `id`. */
function startsOf(ids: Int32Array, vocabularySize: number): Int32Array {
  const starts = new Int32Array(vocabularySize + 1)
  for (const id of ids) starts[id + 1]!++
  for (let id = 0; id < vocabularySize; id++) starts[id + 1]! += starts[id]!
  return starts
}

/** `ranks` by the ids they have in `ids`; equal ones stay in their order. */
function sortedBy(ids: Int32Array, ranks: Int32Array, vocabularySize: number): Int32Array {
  const places = startsOf(ids, vocabularySize)
  const sorted = new Int32Array(ranks.length)
  for (const rank of ranks) sorted[places[ids[rank]!]!++] = rank
  return sorted
}

interface Workspace {
  readonly next: Int32Array
  readonly previous: Int32Array
  /** The rank of the pair that begins at each place. */
  readonly ranks: Int32Array
  readonly heap: Heap
}

function workspace(symbols: number): Workspace {
  return {
    next: new Int32Array(symbols),
    previous: new Int32Array(symbols),
    ranks: new Int32Array(symbols),
    // One entry for each pair at first, two for each join.
    heap: createHeap(3 * symbols),
  }
}

interface Heap {
  clear(): void
  size(): number
  push(value: number): void
  /** The smallest. */
  pop(): number
}

function createHeap(capacity: number): Heap {
  const values = new Float64Array(capacity)
  let count = 0
  return {
    clear: () => (count = 0),
    size: () => count,
    push(value) {
      let place = count++
      while (place > 0) {
        const parent = (place - 1) >> 1
        if (values[parent]! <= value) break
        values[place] = values[parent]!
        place = parent
      }
      values[place] = value
    },
    pop() {
      const smallest = values[0]!
      const last = values[--count]!
      let place = 0
      for (let child = 1; child < count; child = 2 * place + 1) {
        if (child + 1 < count && values[child + 1]! < values[child]!) child++
        if (values[child]! >= last) break
        values[place] = values[child]!
        place = child
      }
      values[place] = last
      return smallest
    },
  }
}
