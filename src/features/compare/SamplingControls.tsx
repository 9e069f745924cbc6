import { Knob } from '../../components/Knob'
import { useComparison } from '../../stores/comparison'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Compare.module.css'
import { compareTexts } from './texts'

/** How the next word is chosen: greedy until someone asks for chance. */
export function SamplingControls() {
  const text = useTexts(compareTexts)
  const format = useFormat()
  const { temperature, topK, topP, seed, maxTokens } = useComparison((comparison) => comparison.sampling)
  const change = useComparison((comparison) => comparison.changeSampling)
  const isGreedy = temperature === 0
  const tokens = format.count(maxTokens)
  return (
    <details className={style.sampling}>
      <summary>
        {text.sampling}{' '}
        <span className={style.quiet}>
          {isGreedy
            ? text.samplingGreedy(tokens)
            : text.samplingRandom(format.rough(temperature), String(seed), tokens)}
        </span>
      </summary>
      <div className={style.knobs}>
        <Knob
          label={text.temperature}
          name={text.temperature}
          value={temperature}
          least={0}
          most={2}
          step={0.1}
          hint={text.temperatureHint}
          onChange={(value) => change({ temperature: value })}
        />
        <Knob
          label={text.topK}
          name={text.topK}
          value={topK}
          least={1}
          most={200}
          hint={text.topKHint}
          isDisabled={isGreedy}
          onChange={(value) => change({ topK: value })}
        />
        <Knob
          label={text.topP}
          name={text.topP}
          value={topP}
          least={0.05}
          most={1}
          step={0.05}
          hint={text.topPHint}
          isDisabled={isGreedy}
          onChange={(value) => change({ topP: value })}
        />
        <Knob
          label={text.seed}
          name={text.seed}
          value={seed}
          least={0}
          most={9999}
          hint={text.seedHint}
          isDisabled={isGreedy}
          onChange={(value) => change({ seed: value })}
        />
        <Knob
          label={text.maxTokens}
          name={text.maxTokens}
          value={maxTokens}
          least={8}
          most={400}
          step={8}
          hint={text.maxTokensHint}
          onChange={(value) => change({ maxTokens: value })}
        />
      </div>
    </details>
  )
}
