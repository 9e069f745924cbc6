// The same steps of training with LoRA on a float32 and on an int8 base, and of every weight: curves, memory and time
// side by side.
import { Button } from '../../components/Button'
import { LineChart } from '../../components/charts/LineChart'
import type { Series } from '../../components/charts/series'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import type { TrainingTrial } from '../../engine/api'
import { totalBytes } from '../../plan/memory'
import { useDataset } from '../../stores/dataset'
import { useModel } from '../../stores/model'
import { trialKinds, useTrial, type TrialKind } from '../../stores/trial'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Compare.module.css'
import { trialTexts } from './trialTexts'
import { useIsFree } from '../../stores/useIsFree'

export function TrialSection() {
  const text = useTexts(trialTexts)
  const nameOf = useTrialName()
  const format = useFormat()
  const { state, steps, curves, trials } = useTrial()
  const canTrainWhole = useModel((model) => model.state.name === 'ready' && model.state.info.canTrainWhole)
  const hasText = useDataset((dataset) => dataset.state.name === 'ready')
  const isFree = useIsFree()
  const isTrying = state.name === 'running'
  const isSeen = Object.keys(curves).length > 0
  const series = trialKinds.flatMap((kind): Series[] => {
    const points = curves[kind]
    if (!points) return []
    return [
      {
        id: `trial-${kind}`,
        name: nameOf(kind),
        points: points.map(({ step, loss }) => ({ x: step, y: loss })),
        model: kind === 'full' ? 'base' : 'adapter', // what learns is the base itself
        precision: kind === 'int8' ? 'int8' : 'float32',
        role: 'training',
        isSmoothed: true,
      },
    ]
  })
  return (
    <Section
      title={text.title}
      note={`${text.note(format.count(steps))}${canTrainWhole ? ` ${text.noteFull}` : ''}`}
      tools={
        isTrying ? (
          <Button onClick={() => void useTrial.getState().stop()}>{text.stop}</Button>
        ) : (
          <Button disabled={!hasText || !isFree} onClick={() => void useTrial.getState().run()}>
            {text.start}
          </Button>
        )
      }
    >
      {!hasText && <p className={style.quiet}>{text.noText}</p>}
      {isTrying && (
        <Progress
          label={text.training(nameOf(state.kind))}
          share={state.step / steps}
          note={`${format.count(state.step)} / ${format.count(steps)}`}
        />
      )}
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      {isSeen && (
        <LineChart
          title={text.loss}
          unit={text.nats}
          series={series}
          xName={text.step}
          xEnd={steps}
          formatY={format.loss}
          formatTick={format.significant}
          empty=""
          fileName="plume-training-compared"
        />
      )}
      {Object.keys(trials).length > 0 && <TrialTable trials={trials} />}
      {trials.float32 && trials.int8 && <Sentence float32={trials.float32} int8={trials.int8} />}
      {trials.float32 && trials.full && <FullSentence lora={trials.float32} full={trials.full} />}
    </Section>
  )
}

function Sentence({ float32, int8 }: { readonly float32: TrainingTrial; readonly int8: TrainingTrial }) {
  const text = useTexts(trialTexts)
  const format = useFormat()
  const bytesOf = ({ memory }: TrainingTrial) => totalBytes(memory)
  const gap = lossOf(int8) - lossOf(float32)
  return (
    <p className={style.verdictText}>
      {text.sentence(
        format.percent(bytesOf(int8) / bytesOf(float32)),
        format.significant(float32.stepMs.value / int8.stepMs.value),
        `${gap < 0 ? '−' : '+'}${format.loss(Math.abs(gap))}`,
      )}
    </p>
  )
}

function FullSentence({ lora, full }: { readonly lora: TrainingTrial; readonly full: TrainingTrial }) {
  const text = useTexts(trialTexts)
  const format = useFormat()
  const gap = lossOf(lora) - lossOf(full)
  return (
    <p className={style.verdictText}>
      {text.fullSentence(
        format.percent(lora.trainedParameters / full.trainedParameters),
        format.percent(totalBytes(lora.memory) / totalBytes(full.memory)),
        `${gap < 0 ? '−' : '+'}${format.loss(Math.abs(gap))}`,
      )}
    </p>
  )
}

function useTrialName(): (kind: TrialKind) => string {
  const text = useTexts(trialTexts)
  const terms = useTexts(termTexts)
  return (kind) => (kind === 'full' ? text.full : text.lora(terms[kind]))
}

/** On held-out text where there is some. */
function lossOf({ validationLoss, losses }: TrainingTrial): number {
  return validationLoss ?? losses.at(-1)?.loss ?? Number.NaN
}

function TrialTable({ trials }: { readonly trials: Readonly<Partial<Record<TrialKind, TrainingTrial>>> }) {
  const text = useTexts(trialTexts)
  const nameOf = useTrialName()
  const format = useFormat()
  return (
    // A region that scrolls must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={style.scroll} tabIndex={0} aria-label={text.title}>
      <table className={style.trials}>
        <thead>
          <tr>
            <th scope="col">{text.base}</th>
            <th scope="col" data-number>
              {text.trainedParameters}
            </th>
            <th scope="col" data-number>
              {text.rate}
            </th>
            <th scope="col" data-number>
              {text.memory}
            </th>
            <th scope="col" data-number>
              {text.stepTime}
            </th>
            <th scope="col" data-number>
              {text.lastLoss}
            </th>
            <th scope="col" data-number>
              {text.validation}
            </th>
          </tr>
        </thead>
        <tbody>
          {trialKinds.map((kind) => {
            const trial = trials[kind]
            if (!trial) return null
            return (
              <tr key={kind}>
                <th scope="row">{nameOf(kind)}</th>
                <td data-number>{format.count(trial.trainedParameters)}</td>
                <td data-number>{format.significant(trial.learningRate)}</td>
                <td data-number>{format.bytes(totalBytes(trial.memory))}</td>
                <td data-number>
                  {format.significant(trial.stepMs.value)} ms
                  <span className={style.spread}>
                    ±{format.significant(trial.stepMs.spread)} ms, n {format.count(trial.stepMs.n)}
                  </span>
                </td>
                <td data-number>{format.loss(trial.losses.at(-1)?.loss ?? Number.NaN)}</td>
                <td data-number>{trial.validationLoss === null ? '–' : format.loss(trial.validationLoss)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
