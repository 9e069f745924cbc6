// The privacy note is measured, not promised: it counts what this page asked of any other site. The
// policy in the response headers forbids such a request; this says so if it ever fails.
import { useEffect, useState } from 'react'

export function useForeignRequests(): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const observer = new PerformanceObserver((list) => {
      const foreign = list.getEntries().filter((entry) => isForeign(entry.name)).length
      if (foreign > 0) setCount((before) => before + foreign)
    })
    observer.observe({ type: 'resource', buffered: true })
    return () => observer.disconnect()
  }, [])
  return count
}

function isForeign(address: string): boolean {
  const url = new URL(address, document.baseURI)
  return /^https?:$/.test(url.protocol) && url.origin !== window.location.origin
}
