// The six knobs that matter, each with its reason in a line and its effect in figures.
import { Choice } from '../../components/Choice'
import { Knob } from '../../components/Knob'
import { Term } from '../../components/Term'
import { linearNames, type LinearName } from '../../engine/api'
import { useDataset } from '../../stores/dataset'
import { useModel } from '../../stores/model'
import { useSettings } from '../../stores/settings'
import { bounds } from '../../stores/settingsQuery'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Model.module.css'
import { epochsOf } from './preflight'
import { modelTexts } from './texts'

const rankStops = [1, 2, 4, 8, 16, 32, 64, 128, 256]
const alphaStops = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
const rateStops = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2, 2e-2]
const stepStops = [20, 40, 60, 80, 100, 120, 150, 200, 300, 400, 600, 800, 1000, 2000]
const lengthStops = [32, 64, 128, 256, 512, 1024, 2048]

export function Knobs() {
  const text = useTexts(modelTexts)
  const format = useFormat()
  const settings = useSettings((store) => store.settings)
  const change = useSettings((store) => store.change)
  const estimate = useSettings((store) => (store.estimate.name === 'ready' ? store.estimate.estimate : null))
  const corpus = useDataset(({ state }) => (state.name === 'ready' ? state.corpus : null))
  const longest = useModel(({ state }) => (state.name === 'ready' ? state.info.maxTokens : bounds.sequenceLength.most))
  const { rank, alpha, usesRsLora } = settings
  const strength = alpha / (usesRsLora ? Math.sqrt(rank) : rank)
  return (
    <section className={style.group} aria-labelledby="knobs">
      <h2 id="knobs">{text.knobs}</h2>
      <div className={style.knobs}>
        <Knob
          label={<Term word={text.rank} meaning={text.rankMeaning} />}
          name={text.rank}
          value={rank}
          {...bounds.rank}
          stops={rankStops}
          hint={
            estimate
              ? text.rankHint(
                  format.count(estimate.trainableParameters),
                  format.percent(estimate.trainableParameters / estimate.totalParameters),
                )
              : text.rankHintUnknown
          }
          onChange={(value) => change({ rank: value })}
        />
        <Knob
          label={<Term word={text.strength} meaning={text.strengthMeaning} />}
          name={text.strength}
          value={alpha}
          {...bounds.alpha}
          stops={alphaStops}
          hint={text.strengthHint(format.rough(strength))}
          onChange={(value) => change({ alpha: value })}
        />
        <Knob
          label={<Term word={text.learningRate} meaning={text.learningRateMeaning} />}
          name={text.learningRate}
          value={settings.learningRate}
          {...bounds.learningRate}
          step={1e-6}
          stops={rateStops}
          hint={text.learningRateHint}
          onChange={(value) => change({ learningRate: value })}
        />
        <Knob
          label={text.steps}
          name={text.steps}
          value={settings.steps}
          {...bounds.steps}
          stops={stepStops}
          hint={corpus ? text.stepsHint(format.rough(epochsOf(settings, corpus))) : text.stepsHintUnknown}
          onChange={(value) => change({ steps: value })}
        />
        <Knob
          label={text.sequenceLength}
          name={text.sequenceLength}
          value={settings.sequenceLength}
          least={bounds.sequenceLength.least}
          most={Math.min(longest, bounds.sequenceLength.most)}
          unit={text.sequenceUnit}
          stops={lengthStops.filter((length) => length <= longest)}
          hint={text.sequenceHint}
          onChange={(value) => change({ sequenceLength: value })}
        />
        <TargetsKnob />
      </div>
    </section>
  )
}

type TargetsChoice = 'attention' | 'all' | 'own'

/** What the first paper on LoRA adapted: queries and values, which GPT-2 has in one matrix. */
const attentionTargets: readonly LinearName[] = ['q_proj', 'v_proj', 'c_attn']

function TargetsKnob() {
  const text = useTexts(modelTexts)
  const targets = useSettings(({ settings }) => settings.targets)
  const change = useSettings((store) => store.change)
  const linears = useModel(({ state }) => (state.name === 'ready' ? state.info.linears : linearNames))
  const attention = linears.filter((name) => attentionTargets.includes(name))
  const value: TargetsChoice =
    targets.length === linears.length ? 'all' : targets.join() === attention.join() ? 'attention' : 'own'
  return (
    <div className={style.targets}>
      <Choice<TargetsChoice>
        legend={text.targets}
        value={value}
        onChange={(choice) => {
          if (choice === 'all') change({ targets: linears })
          if (choice === 'attention') change({ targets: attention })
        }}
        options={[
          { value: 'attention', label: text.targetsAttention },
          { value: 'all', label: text.targetsAll },
          // Becomes true by ticking single linears below.
          ...(value === 'own' ? [{ value, label: text.targetsOwn }] : []),
        ]}
      />
      <fieldset className={style.linears}>
        <legend className="unseen">{text.targetsEach}</legend>
        {linears.map((name) => (
          <label key={name} className={style.linear}>
            <input
              type="checkbox"
              checked={targets.includes(name)}
              onChange={(event) =>
                change({
                  targets: linears.filter((one) => (one === name ? event.target.checked : targets.includes(one))),
                })
              }
            />
            <code>{name.replace('_proj', '')}</code>
          </label>
        ))}
      </fieldset>
      <p className={style.groupNote}>{text.targetsHint}</p>
    </div>
  )
}
