// The loss of a run as a PNG for the card. The chart is laid out beside the page, always as wide and always on light
// paper, so that the picture does not depend on the window it was made in.
import { createRoot } from 'react-dom/client'
import { chartImage } from '../../components/charts/chartImage'
import { LineChart } from '../../components/charts/LineChart'
import type { Series } from '../../components/charts/series'
import type { RunCurves } from '../../stores/card'
import { formattersFor } from '../../strings/format'

const WIDTH_PX = 720
const HEIGHT_PX = 320
/** recharts draws in a few frames; a tab in the background draws none. */
const DRAWN_WITHIN_MS = 5000

/** English, as the card is that shows it. */
const words = {
  title: 'Loss, nats per token',
  training: 'Training',
  validation: 'Held out',
  base: 'Base',
  step: 'Step',
}
const format = formattersFor('en')

/** @throws Error where the chart was not drawn in time */
export async function curvesPicture(curves: RunCurves): Promise<Uint8Array<ArrayBuffer>> {
  const holder = document.createElement('div')
  holder.inert = true
  holder.dataset['paper'] = ''
  Object.assign(holder.style, {
    position: 'fixed',
    insetInlineStart: '-10000px',
    width: `${WIDTH_PX}px`,
    background: 'var(--surface)',
    color: 'var(--text)',
  })
  document.body.append(holder)
  const root = createRoot(holder)
  try {
    root.render(<Curves curves={curves} />)
    const layers = await drawn(holder)
    const png = await chartImage(layers, words.title, holder)
    return new Uint8Array(await png.arrayBuffer())
  } finally {
    root.unmount()
    holder.remove()
  }
}

function Curves({ curves: { precision, training, validation } }: { readonly curves: RunCurves }) {
  const shared = { model: 'adapter', precision } as const
  const series: readonly Series[] = [
    { ...shared, id: 'training', name: words.training, role: 'training', isSmoothed: true, points: pointsOf(training) },
    { ...shared, id: 'validation', name: words.validation, role: 'validation', points: pointsOf(validation) },
  ]
  const base = validation.find(([step]) => step === 0)
  return (
    <LineChart
      title={words.title}
      unit=""
      series={series}
      levels={base ? [{ id: 'base', name: words.base, value: base[1], model: 'base' }] : []}
      xName={words.step}
      xEnd={training.at(-1)?.[0] ?? 1}
      height={HEIGHT_PX}
      formatY={format.loss}
      empty=""
      fileName="curves"
    />
  )
}

function pointsOf(pairs: RunCurves['training']) {
  return pairs.map(([x, y]) => ({ x, y }))
}

/** The chart's layers, once every one of them is there. */
async function drawn(holder: HTMLElement): Promise<readonly SVGSVGElement[]> {
  const until = performance.now() + DRAWN_WITHIN_MS
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const layers = [...holder.querySelectorAll<SVGSVGElement>('[role="img"] svg')]
    // recharts' layer and ours over it; lines are drawn when their path is.
    if (layers.length >= 2 && holder.querySelector('path.recharts-curve, .recharts-line-dots')) return layers
  }
  throw new Error(`no chart in ${DRAWN_WITHIN_MS} ms`)
}
