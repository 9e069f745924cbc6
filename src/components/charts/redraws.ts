// Charts that have something new to show take turns, one in each frame: four charts of a run redrawn together keep the
// page's thread for longer than a frame lasts, and one alone does not.

const waiting = new Set<() => void>()
let isAsked = false

/** Calls `redraw` in a frame to come, and no other with it. What is returned takes it back. */
export function inTurn(redraw: () => void): () => void {
  waiting.add(redraw)
  askForFrame()
  return () => waiting.delete(redraw)
}

function askForFrame(): void {
  if (isAsked || waiting.size === 0) return
  isAsked = true
  requestAnimationFrame(() => {
    isAsked = false
    const [next] = waiting
    if (!next) return
    waiting.delete(next)
    askForFrame()
    next()
  })
}
