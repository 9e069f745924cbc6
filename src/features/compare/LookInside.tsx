// One linear from the inside: its weights under the int8 grid, where rounding hurts most, and what the adapter adds.
import { useState } from 'react'
import { Bars } from '../../components/charts/Bars'
import { Button } from '../../components/Button'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import type { LinearInspection, LinearName } from '../../engine/api'
import { useAdapter } from '../../stores/adapter'
import { useInspection } from '../../stores/inspection'
import { useModel } from '../../stores/model'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './LookInside.module.css'
import { lookTexts } from './lookTexts'
import { MovementMap } from './MovementMap'
import { StepRulers } from './StepRulers'
import { useIsFree } from '../../stores/useIsFree'

export function LookInside() {
  const text = useTexts(lookTexts)
  const state = useInspection((inspection) => inspection.state)
  const movement = useAdapter((adapter) => (adapter.state.name === 'ready' ? adapter.state.info.movement : null))
  const inspection = state.name === 'ready' ? state.inspection : state.name === 'looking' ? state.previous : null
  const isFree = useIsFree()
  return (
    <Section title={text.title} note={text.note}>
      {movement && movement.length > 0 && (
        <MovementMap
          movement={movement}
          picked={inspection}
          onPick={isFree ? (place) => void useInspection.getState().look(place) : undefined}
        />
      )}
      <Picker />
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      {inspection && <Inside inspection={inspection} />}
    </Section>
  )
}

function Picker() {
  const text = useTexts(lookTexts)
  const format = useFormat()
  const model = useModel(({ state }) => (state.name === 'ready' ? state.info : null))
  const isLooking = useInspection(({ state }) => state.name === 'looking')
  const isFree = useIsFree()
  const [layer, setLayer] = useState(0)
  const [linear, setLinear] = useState<LinearName | null>(null)
  const isOpening = useModel(({ state }) => state.name === 'loading')
  const error = useModel(({ state }) => (state.name === 'failed' ? state.error : null))
  if (!model) {
    return (
      <div>
        <Button
          isBusy={isOpening}
          onClick={() =>
            void useModel
              .getState()
              .load()
              .catch(() => undefined)
          }
        >
          {text.openModel}
        </Button>
        {error && <ErrorNotice error={error} />}
      </div>
    )
  }
  const chosen = linear && model.linears.includes(linear) ? linear : model.linears[0]
  const chosenLayer = Math.min(layer, model.layers - 1)
  return (
    <form
      className={style.picker}
      onSubmit={(event) => {
        event.preventDefault()
        if (chosen) void useInspection.getState().look({ layer: chosenLayer, linear: chosen })
      }}
    >
      <label>
        {text.layerLabel}
        <select value={chosenLayer} onChange={(event) => setLayer(Number(event.target.value))}>
          {Array.from({ length: model.layers }, (_, index) => (
            // oxlint-disable-next-line react/no-array-index-key
            <option key={index} value={index}>
              {format.count(index + 1)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {text.linearLabel}
        <select value={chosen} onChange={(event) => setLinear(event.target.value as LinearName)}>
          {model.linears.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Button type="submit" isBusy={isLooking} disabled={!isFree}>
        {text.look}
      </Button>
    </form>
  )
}

function Inside({ inspection }: { readonly inspection: LinearInspection }) {
  const text = useTexts(lookTexts)
  const format = useFormat()
  const { layer, linear, outputs, inputs, weights, int8, singular } = inspection
  return (
    <div className={style.inside}>
      <h3>{text.heading(linear, format.count(layer + 1), format.count(outputs), format.count(inputs))}</h3>
      <div className={style.pair}>
        <div className={style.part}>
          <h4>{text.weights}</h4>
          <Bars
            values={weights.counts}
            label={text.weightsLabel(format.significant(weights.most))}
            ends={[format.significant(weights.least), '0', format.significant(weights.most)]}
          />
          {int8 && <StepRulers steps={int8.steps} most={weights.most} />}
          <p className={style.quiet}>{int8 ? text.gridNote : text.staysFloat}</p>
        </div>
        {int8 && (
          <div className={style.part}>
            <h4>{text.errors}</h4>
            <Bars
              values={int8.blockErrors.counts}
              label={text.errorsLabel(format.percent(int8.error), format.percent(int8.blockErrors.most))}
              ends={['0', format.percent(int8.blockErrors.most / 2), format.percent(int8.blockErrors.most)]}
            />
            <p>
              {text.errorSentence(
                format.percent(int8.error),
                format.count(int8.blocks),
                format.percent(int8.blockErrors.most),
              )}
            </p>
            <WorstBlocks worst={int8.worst} />
          </div>
        )}
      </div>
      {singular && (
        <div className={style.part}>
          <h4>{text.singular}</h4>
          <Bars
            series="adapter"
            values={singular.values}
            label={text.singularLabel(singular.values.map(format.significant).join(', '))}
            ends={[text.first, '', text.last(format.count(singular.values.length))]}
          />
          <p>
            {text.singularSentence(format.count(singular.needed), format.count(singular.values.length))}{' '}
            {adviceOf(singular)}
          </p>
        </div>
      )}
    </div>
  )

  function adviceOf({ values, needed }: { readonly values: readonly number[]; readonly needed: number }): string {
    if (needed === 0) return text.nothingYet
    if (needed <= values.length / 2) return text.rankTooHigh
    return needed >= 0.8 * values.length ? text.rankUsed : text.rankFits
  }
}

function WorstBlocks({ worst }: { readonly worst: NonNullable<LinearInspection['int8']>['worst'] }) {
  const text = useTexts(lookTexts)
  const format = useFormat()
  return (
    <details>
      <summary>{text.worst}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{text.where}</th>
            <th scope="col" data-number>
              {text.error}
            </th>
            <th scope="col" data-number>
              {text.step}
            </th>
            <th scope="col" data-number>
              {text.peak}
            </th>
          </tr>
        </thead>
        <tbody>
          {worst.map(({ row, firstColumn, error, step, peak }) => (
            <tr key={`${row} ${firstColumn}`}>
              <td>{text.place(format.count(row), format.count(firstColumn), format.count(firstColumn + 31))}</td>
              <td data-number>{format.percent(error)}</td>
              <td data-number>{format.exponent(step)}</td>
              <td data-number>{format.rough(peak)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
