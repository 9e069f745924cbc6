// The knobs that can stay as they are, behind one disclosure.
import { useId } from 'react'
import { Choice } from '../../components/Choice'
import { Knob } from '../../components/Knob'
import type { Schedule, TrainingSettings } from '../../engine/api'
import { useSettings } from '../../stores/settings'
import { bounds } from '../../stores/settingsQuery'
import { useTexts } from '../../strings/useTexts'
import style from './Model.module.css'
import { modelTexts } from './texts'

type NumberName =
  | 'warmupSteps'
  | 'dropout'
  | 'weightDecay'
  | 'maxGradientNorm'
  | 'batchSize'
  | 'accumulation'
  | 'validationShare'
  | 'evaluateEvery'
  | 'seed'

export function AdvancedKnobs() {
  const text = useTexts(modelTexts)
  const settings = useSettings((store) => store.settings)
  const change = useSettings((store) => store.change)

  /** A knob whose slider covers what is sensible; the field beside it takes the whole range. */
  const knob = (
    name: NumberName,
    words: { label: string; hint: string; unit?: string },
    slider: { stops?: readonly number[]; step?: number },
  ) => (
    <Knob
      label={words.label}
      name={words.label}
      hint={words.hint}
      {...(words.unit ? { unit: words.unit } : {})}
      value={settings[name]}
      {...bounds[name]}
      {...slider}
      onChange={(value) => change({ [name]: value } satisfies Partial<TrainingSettings>)}
    />
  )

  return (
    <details className={style.advanced}>
      <summary>{text.advanced}</summary>
      <div className={style.knobs}>
        <div className={style.wide}>
          <Choice<Schedule>
            legend={text.schedule}
            value={settings.schedule}
            onChange={(schedule) => change({ schedule })}
            options={[
              { value: 'constant', label: text.constant },
              { value: 'linear', label: text.linear },
              { value: 'cosine', label: text.cosine },
            ]}
          />
          <p className={style.groupNote}>{text.scheduleHint}</p>
        </div>
        {knob('warmupSteps', { label: text.warmupSteps, hint: text.warmupHint, unit: text.stepsUnit }, {})}
        {knob(
          'batchSize',
          { label: text.batchSize, hint: text.batchHint, unit: text.sequencesUnit },
          { stops: [1, 2, 4, 8, 16, 32, 64] },
        )}
        {knob(
          'accumulation',
          { label: text.accumulation, hint: text.accumulationHint },
          { stops: [1, 2, 4, 8, 16, 32, 64] },
        )}
        {knob('maxGradientNorm', { label: text.clipping, hint: text.clippingHint }, { step: 0.1 })}
        {knob('dropout', { label: text.dropout, hint: text.dropoutHint }, { step: 0.01 })}
        {knob('weightDecay', { label: text.weightDecay, hint: text.weightDecayHint }, { step: 0.001 })}
        {knob('validationShare', { label: text.validationShare, hint: text.validationHint }, { step: 0.01 })}
        {knob('evaluateEvery', { label: text.evaluateEvery, hint: text.evaluateHint, unit: text.stepsUnit }, {})}
        {knob('seed', { label: text.seed, hint: text.seedHint }, {})}
        <Switch
          label={text.checkpointing}
          hint={text.checkpointingHint}
          isOn={settings.usesCheckpointing}
          onChange={(usesCheckpointing) => change({ usesCheckpointing })}
        />
        <Switch
          label={text.rsLora}
          hint={text.rsLoraHint}
          isOn={settings.usesRsLora}
          onChange={(usesRsLora) => change({ usesRsLora })}
        />
      </div>
    </details>
  )
}

interface SwitchProps {
  readonly label: string
  readonly hint: string
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
}

function Switch({ label, hint, isOn, onChange }: SwitchProps) {
  const id = useId()
  return (
    <div className={style.switch}>
      <label>
        <input
          type="checkbox"
          checked={isOn}
          aria-describedby={id}
          onChange={(event) => onChange(event.target.checked)}
        />
        {label}
      </label>
      <p id={id} className={style.groupNote}>
        {hint}
      </p>
    </div>
  )
}
