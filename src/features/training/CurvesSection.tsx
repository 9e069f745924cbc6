// The four curves of a run under one crosshair.
import { useCallback, useMemo } from 'react'
import { CrosshairGroup } from '../../components/charts/crosshair'
import { LineChart } from '../../components/charts/LineChart'
import { Section } from '../../components/Place'
import { useRun } from '../../stores/run'
import { runHistory } from '../../stores/runHistory'
import { useSettings } from '../../stores/settings'
import { useFormat, useTexts } from '../../strings/useTexts'
import { speedOf, stepSeries, trainingSeries, validationSeries } from './runSeries'
import style from './Training.module.css'
import { trainingTexts } from './texts'

const zero = [0]

export function CurvesSection() {
  const text = useTexts(trainingTexts)
  const format = useFormat()
  useRun((run) => run.version) // the history is read again when it says so
  const planned = useSettings((settings) => settings.settings)
  const settings = useRun((run) => run.settings) ?? planned
  const { precision, steps: xEnd, maxGradientNorm, learningRate } = settings
  // A run warms up from zero: an axis of that alone would say nothing.
  const rates = useMemo(() => [0, learningRate], [learningRate])

  // What has not grown stays the same object, and is not drawn again.
  const stepCount = runHistory.steps.length
  const validationCount = runHistory.validations.length
  const ofSteps = useMemo(() => {
    const steps = runHistory.steps.slice(0, stepCount)
    const norm = { id: 'norm', name: text.gradientNorm, precision, isSmoothed: true }
    const speed = { id: 'speed', name: text.tokensPerSecond, precision, isSmoothed: true }
    return {
      training: trainingSeries(steps, text.training, precision),
      rate: stepSeries(steps, (step) => step.learningRate, { id: 'rate', name: text.learningRate, precision }),
      norm: stepSeries(steps, (step) => step.gradientNorm, norm),
      // The first step compiles and warms up: its time is no speed.
      speed: stepSeries(steps.slice(1), speedOf, speed),
    }
  }, [stepCount, precision, text])
  const ofValidations = useMemo(() => {
    const validations = runHistory.validations.slice(0, validationCount)
    const base = validations.find(({ step }) => step === 0)
    const best = validations.findLast(({ isBest }) => isBest)
    return {
      validation: validationSeries(validations, text.validation, precision),
      levels: base ? [{ id: 'base', name: text.baseLevel, value: base.loss, model: 'base' as const }] : [],
      marks: best
        ? [{ x: best.step, y: best.loss, name: text.best(String(best.step)), model: 'adapter' as const }]
        : [],
    }
  }, [validationCount, precision, text])
  const { training } = ofSteps
  const { validation, levels, marks } = ofValidations
  const loss = useMemo(() => [training, validation], [training, validation])

  const nearClipping = maxGradientNorm > 0 && runHistory.steps.some((step) => step.gradientNorm > maxGradientNorm * 0.5)
  const clipping = useMemo(
    () =>
      nearClipping ? [{ id: 'clip', name: text.clipping, value: maxGradientNorm, model: 'neutral' as const }] : [],
    [nearClipping, maxGradientNorm, text],
  )
  const formatTick = useCallback((value: number) => format.significant(value), [format])

  const shared = { xName: text.stepName, xEnd, unit: text.perStep, height: 148 }
  return (
    <CrosshairGroup>
      <Section title={text.curves}>
        <LineChart
          {...shared}
          title={text.loss}
          unit={text.nats}
          height={320}
          series={loss}
          levels={levels}
          marks={marks}
          formatY={format.loss}
          formatTick={formatTick}
          canBeLog
          empty={text.lossEmpty}
          fileName="plume-loss"
        />
        <div className={style.smallCharts}>
          <LineChart
            {...shared}
            title={text.learningRate}
            series={ofSteps.rate}
            includes={rates}
            formatY={format.exponent}
            empty={text.rateEmpty}
            fileName="plume-learning-rate"
          />
          <LineChart
            {...shared}
            title={text.gradientNorm}
            series={ofSteps.norm}
            levels={clipping}
            includes={zero}
            formatY={format.significant}
            canBeLog
            empty={text.normEmpty}
            fileName="plume-gradient-norm"
          />
          <LineChart
            {...shared}
            title={text.tokensPerSecond}
            series={ofSteps.speed}
            includes={zero}
            formatY={format.rate}
            formatTick={format.short}
            empty={text.speedEmpty}
            fileName="plume-tokens-per-second"
          />
        </div>
      </Section>
    </CrosshairGroup>
  )
}
