import { aliveRunStates, useRun } from '../stores/run'
import { useAdapter } from '../stores/adapter'
import { useDataset } from '../stores/dataset'
import { useRoute, type Place } from '../stores/route'
import { useSettings } from '../stores/settings'
import { useFormat, useTexts } from '../strings/useTexts'
import { addressOf } from './address'
import style from './Rail.module.css'
import { appTexts } from './texts'

const railPlaces = ['data', 'model', 'train', 'compare', 'share'] as const satisfies readonly Place[]

/** The five places in the order of the work, each with where it stands. */
export function Rail() {
  const texts = useTexts(appTexts)
  const place = useRoute((state) => state.place)
  const query = useSettings((state) => state.toQuery())
  const notes = useRailNotes()
  return (
    <nav className={style.rail} aria-label={texts.places}>
      <ol className={style.list}>
        {railPlaces.map((one, index) => (
          <li key={one}>
            <a className={style.link} href={addressOf(one, query)} aria-current={one === place ? 'page' : undefined}>
              <span className={style.number} aria-hidden="true">
                {index + 1}
              </span>
              <span className={style.words}>
                <span className={style.name}>{texts[one]}</span>
                <span className={style.note}>{notes[one]}</span>
              </span>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  )
}

function useRailNotes(): Readonly<Record<(typeof railPlaces)[number], string>> {
  const texts = useTexts(appTexts)
  const format = useFormat()
  const data = useDataset((state) => state.state)
  const { rank, precision, steps } = useSettings((state) => state.settings)
  const run = useRun((state) => state.state.name)
  const step = useRun((state) => state.latest?.step ?? 0)
  const runSteps = useRun((state) => state.settings?.steps)
  const hasAdapter = useAdapter((state) => state.state.name === 'ready')

  const train = aliveRunStates.includes(run)
    ? texts.stepOf(format.count(step), format.count(runSteps ?? steps))
    : run === 'finished'
      ? texts.finished
      : run === 'failed'
        ? texts.failed
        : texts.notStarted
  return {
    data:
      data.name === 'ready'
        ? texts.documents(format.count(data.corpus.statistics.documents))
        : data.name === 'reading'
          ? texts.reading
          : data.name === 'failed'
            ? texts.failed
            : texts.nothingYet,
    model: texts.rankAndPrecision(rank, precision),
    train,
    compare: hasAdapter ? texts.adapterReady : texts.needsAdapter,
    share: hasAdapter ? texts.adapterReady : texts.needsAdapter,
  }
}
