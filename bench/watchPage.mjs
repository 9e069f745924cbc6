// Runs inside the page, before its own scripts: frames, long tasks and the press of the button, as they happen.
export function watchPage() {
  const seen = { frames: [], longTasks: [], pressedAt: null }
  window.plumePage = seen
  const frame = (time) => {
    seen.frames.push(time)
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.longTasks.push({ startTime, duration })
  }).observe({ type: 'longtask', buffered: true })
  addEventListener('click', () => (seen.pressedAt ??= performance.now()), { capture: true })
}

/** Frames between two moments, and what the page's own thread did in long tasks. In the page. */
export function framesBetween([from, to]) {
  const { frames, longTasks } = window.plumePage
  const times = frames.filter((time) => time >= from && time <= to)
  const long = longTasks.filter(({ startTime }) => startTime >= from && startTime <= to)
  return {
    intervals: times.slice(1).map((time, index) => time - times[index]),
    longTasks: long.map(({ duration }) => duration),
  }
}
