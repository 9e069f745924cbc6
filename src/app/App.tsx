// The frame: what stays while the places change.
import { useEffect, useRef, type ComponentType } from 'react'
import { ComparePlace } from '../features/compare/ComparePlace'
import { DataPlace } from '../features/dataset/DataPlace'
import { LabPlace } from '../features/lab/LabPlace'
import { ModelPlace } from '../features/model/ModelPlace'
import { SharePlace } from '../features/share/SharePlace'
import { StartPlace } from '../features/start/StartPlace'
import { TrainPlace } from '../features/training/TrainPlace'
import { useRoute, type Place } from '../stores/route'
import { useTexts } from '../strings/useTexts'
import style from './App.module.css'
import { DropAnywhere } from './DropAnywhere'
import { ErrorBoundary } from './ErrorBoundary'
import { FrameNotices } from './FrameNotices'
import { NoDevice } from './NoDevice'
import { Rail } from './Rail'
import { RunStrip } from './RunStrip'
import { appTexts } from './texts'
import { TopBar } from './TopBar'

const placeComponents: Readonly<Record<Place, ComponentType>> = {
  start: StartPlace,
  data: DataPlace,
  model: ModelPlace,
  train: TrainPlace,
  compare: ComparePlace,
  share: SharePlace,
  lab: LabPlace,
}

export function App() {
  const texts = useTexts(appTexts)
  const place = useRoute((state) => state.place)
  const main = useRef<HTMLElement>(null)
  useTitle(texts.title(texts[place]))
  useFocusOnHeading(place)
  const Content = placeComponents[place]
  return (
    <div className={style.frame} data-place={place}>
      <button type="button" className={style.skip} onClick={() => main.current?.focus()}>
        {texts.skip}
      </button>
      <TopBar />
      <Rail />
      <RunStrip />
      <main ref={main} className={style.main} tabIndex={-1}>
        <div className={style.column}>
          <FrameNotices />
          <NoDevice isFull={place === 'start'} />
          <ErrorBoundary key={place}>
            <Content />
          </ErrorBoundary>
        </div>
      </main>
      <DropAnywhere />
    </div>
  )
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = title
  }, [title])
}

/** A new place is a new page to those who listen: the focus goes to its heading, the view to its top. */
function useFocusOnHeading(place: Place): void {
  const shown = useRef(place)
  useEffect(() => {
    if (shown.current === place) return
    shown.current = place
    window.scrollTo(0, 0)
    document.getElementById('place-title')?.focus({ preventScroll: true })
  }, [place])
}
