// The four curves of a run under one crosshair.
import { useMemo } from 'react'
import { CrosshairGroup } from '../../components/charts/crosshair'
import { LineChart } from '../../components/charts/LineChart'
import { Section } from '../../components/Place'
import { useRun } from '../../stores/run'
import { runHistory } from '../../stores/runHistory'
import { useSettings } from '../../stores/settings'
import { useFormat, useTexts } from '../../strings/useTexts'
import { lossSeries, speedOf, stepSeries } from './runSeries'
import style from './Training.module.css'
import { trainingTexts } from './texts'

const zero = [0]

export function CurvesSection() {
  const text = useTexts(trainingTexts)
  const format = useFormat()
  const version = useRun((run) => run.version)
  const planned = useSettings((settings) => settings.settings)
  const settings = useRun((run) => run.settings) ?? planned
  const { precision, steps: xEnd, maxGradientNorm } = settings

  const { series, levels, marks } = useMemo(() => {
    void version // the history is read again when it says so
    const { steps, validations } = runHistory
    const base = validations.find(({ step }) => step === 0)
    const best = validations.findLast(({ isBest }) => isBest)
    return {
      series: {
        loss: lossSeries(steps, validations, { precision, names: text }),
        rate: stepSeries(steps, (step) => step.learningRate, { id: 'rate', name: text.learningRate, precision }),
        norm: stepSeries(steps, (step) => step.gradientNorm, {
          id: 'norm',
          name: text.gradientNorm,
          precision,
          isSmoothed: true,
        }),
        // The first step compiles and warms up: its time is no speed.
        speed: stepSeries(steps.slice(1), speedOf, {
          id: 'speed',
          name: text.tokensPerSecond,
          precision,
          isSmoothed: true,
        }),
      },
      levels: base ? [{ id: 'base', name: text.baseLevel, value: base.loss, model: 'base' as const }] : [],
      marks: best
        ? [{ x: best.step, y: best.loss, name: text.best(String(best.step)), model: 'adapter' as const }]
        : [],
    }
  }, [version, precision, text])
  const clipping = useMemo(() => {
    const reached = runHistory.steps.some((step) => step.gradientNorm > maxGradientNorm * 0.5)
    void version
    return maxGradientNorm > 0 && reached
      ? [{ id: 'clip', name: text.clipping, value: maxGradientNorm, model: 'neutral' as const }]
      : []
  }, [version, maxGradientNorm, text])

  const shared = { xName: text.stepName, xEnd, unit: text.perStep, height: 148 }
  return (
    <CrosshairGroup>
      <Section title={text.curves}>
        <LineChart
          {...shared}
          title={text.loss}
          unit={text.nats}
          height={320}
          series={series.loss}
          levels={levels}
          marks={marks}
          formatY={format.loss}
          formatTick={(value) => format.significant(value)}
          canBeLog
          empty={text.lossEmpty}
          fileName="plume-loss"
        />
        <div className={style.smallCharts}>
          <LineChart
            {...shared}
            title={text.learningRate}
            series={series.rate}
            includes={zero}
            formatY={format.exponent}
            empty={text.rateEmpty}
            fileName="plume-learning-rate"
          />
          <LineChart
            {...shared}
            title={text.gradientNorm}
            series={series.norm}
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
            series={series.speed}
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
