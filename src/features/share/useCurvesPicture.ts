import { useEffect, useState } from 'react'
import type { RunCurves } from '../../stores/card'
import { useNotices } from '../../stores/notices'
import { curvesPicture } from './curvesPicture'

export type PictureState =
  | { readonly name: 'none' }
  | { readonly name: 'drawing' }
  | { readonly name: 'ready'; readonly bytes: Uint8Array<ArrayBuffer> }

const none: PictureState = { name: 'none' }

/** The loss of a run as a picture, drawn once; none where there is no run to draw. */
export function useCurvesPicture(curves: RunCurves | null): PictureState {
  const [outcome, setOutcome] = useState<{ of: RunCurves; state: PictureState } | null>(null)
  useEffect(() => {
    if (!curves) return
    let isCurrent = true
    const finish = (state: PictureState) => {
      if (isCurrent) setOutcome({ of: curves, state })
    }
    curvesPicture(curves).then(
      (bytes) => finish({ name: 'ready', bytes }),
      (thrown: unknown) => {
        useNotices.getState().report(thrown)
        finish(none)
      },
    )
    return () => {
      isCurrent = false
    }
  }, [curves])
  if (!curves) return none
  return outcome?.of === curves ? outcome.state : { name: 'drawing' }
}
