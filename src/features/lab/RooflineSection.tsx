// Every kernel under the roof of this device, one sentence computed from them, and the files to take away.
import { Button } from '../../components/Button'
import type { Cell } from '../../components/charts/csv'
import { isOnRoofline, type RooflinePoint } from '../../components/charts/roofline'
import { RooflineChart } from '../../components/charts/RooflineChart'
import { Section } from '../../components/Place'
import { saveFile } from '../../components/saveFile'
import type { BenchRow, KernelChoice } from '../../engine/api'
import type { Findings } from '../../stores/lab'
import { labReport } from '../../stores/labReport'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Lab.module.css'
import { labTexts } from './texts'
import { useRowNames } from './useRowNames'
import { idOf, isStep, rankedRows, verdictOf } from './verdict'

const GIGA = 1e9
const columns = [
  'kernel',
  'stored',
  'time',
  'timeSpread',
  'n',
  'flops',
  'bandwidth',
  'intensity',
  'share',
  'way',
] as const

export function RooflineSection({
  findings,
  isComplete,
}: {
  readonly findings: Findings
  /** Nothing more comes: what the rows say together can be said. */
  readonly isComplete: boolean
}) {
  const text = useTexts(labTexts)
  const terms = useTexts(termTexts)
  const format = useFormat()
  const names = useRowNames()
  const { rows, ceilings } = findings
  if (rows.length === 0) return null
  const ranked = rankedRows(rows, ceilings)
  const byId = new Map(ranked.map((one) => [idOf(one.row), one]))
  const points = rows.map((row): RooflinePoint => {
    return {
      id: idOf(row),
      name: names.short(row),
      detail: names.detail(row),
      x: row.flops / row.bytes,
      y: perSecond(row, row.flops),
      precision: row.precision,
      isStep: isStep(row),
    }
  })
  const onlyMove = points.some((point) => !isOnRoofline(point))
  const { farthest } = verdictOf(rows, ceilings)

  function describe(id: string): string {
    const one = byId.get(id)
    if (!one) return ''
    const { row, share } = one
    const what = `${names.short(row)}, ${names.detail(row)}`
    const rate = format.significant(perSecond(row, row.flops) / GIGA)
    return text.described(what, names.meaning(row), format.significant(row.timing.value), rate, format.percent(share))
  }

  function wayOf({ way, speedup, isTaken }: KernelChoice): string {
    const times = format.rough(speedup)
    return isTaken ? text.taken(text[way], times) : text.kept(text[way], times)
  }

  const table = ranked.map(({ row, share }): readonly Cell[] => [
    `${names.short(row)}, ${names.detail(row)}`,
    terms[row.precision],
    row.timing.value,
    row.timing.spread,
    row.timing.n,
    perSecond(row, row.flops) / GIGA,
    perSecond(row, row.bytes) / GIGA,
    row.flops / row.bytes,
    share,
    row.choice && wayOf(row.choice),
  ])

  return (
    <Section title={text.roofline} tools={isComplete && <Button onClick={() => save(findings)}>{text.save}</Button>}>
      <div className={style.stories}>
        <p>{text.whatIsRoof}</p>
        <p>{text.whatIsFar}</p>
      </div>
      {isComplete && <Verdict findings={findings} />}
      <RooflineChart
        title={text.chart}
        points={points}
        roof={{
          opsPerSecond: ceilings.flopsPerSecond.value,
          bytesPerSecond: ceilings.bytesPerSecond.value,
          int8OpsPerSecond: ceilings.int8OpsPerSecond?.value ?? null,
        }}
        markedId={isComplete && farthest ? idOf(farthest.row) : null}
        describe={describe}
        header={columns.map((column) => text[column])}
        rows={table}
        formatCell={(cell, column) => (columns[column] === 'share' ? format.percent(cell) : format.significant(cell))}
        fileName="plume-roofline"
      />
      {onlyMove && <p className={style.quiet}>{text.moved}</p>}
    </Section>
  )
}

function Verdict({ findings: { rows, ceilings } }: { readonly findings: Findings }) {
  const text = useTexts(labTexts)
  const format = useFormat()
  const names = useRowNames()
  const { judged, overHalf, farthest, startedOnly, withChoice, otherwise } = verdictOf(rows, ceilings)
  return (
    <p className={style.verdict}>
      {[
        judged > 0 && text.overHalf(format.count(overHalf), format.count(judged)),
        farthest &&
          text.farthest(`${names.short(farthest.row)} (${names.detail(farthest.row)})`, format.percent(farthest.share)),
        startedOnly > 0 && text.started(format.count(startedOnly)),
        withChoice > 0 && text.otherwise(format.count(otherwise), format.count(withChoice)),
      ]
        .filter(Boolean)
        .join(' ')}
    </p>
  )
}

function perSecond({ timing }: BenchRow, work: number): number {
  return work / (timing.value / 1000)
}

function save(findings: Findings): void {
  saveFile('plume-lab.json', `${JSON.stringify(labReport(findings), null, 1)}\n`, 'application/json')
}
