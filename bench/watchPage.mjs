// What the bench has run inside the page.

/** Before the page's own scripts: long tasks and the press of the button, as they happen. */
export function watchPage() {
  const seen = { longTasks: [], pressedAt: null }
  window.plumePage = seen
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.longTasks.push({ startTime, duration })
  }).observe({ type: 'longtask', buffered: true })
  addEventListener('click', () => (seen.pressedAt ??= performance.now()), { capture: true })
}

/** Asks for every frame from now on, which costs a little itself; the moment of now. */
export function watchFrames() {
  const frames = []
  window.plumePage.frames = frames
  const frame = (time) => {
    frames.push(time)
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  return performance.now()
}

/** Frames since a moment, and what the page's own thread did in long tasks. */
export function framesSince(from) {
  const { frames, longTasks } = window.plumePage
  const times = frames.filter((time) => time >= from)
  return {
    intervals: times.slice(1).map((time, index) => time - times[index]),
    longTasks: longTasks.filter(({ startTime }) => startTime >= from).map(({ duration }) => duration),
  }
}
