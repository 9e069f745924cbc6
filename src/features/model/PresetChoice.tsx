import { Button } from '../../components/Button'
import { Choice } from '../../components/Choice'
import { isChangedFromPreset, presets, useSettings, type PresetName } from '../../stores/settings'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Model.module.css'
import { modelTexts } from './texts'

/** Three places to begin from; choosing one again takes every knob back to it. */
export function PresetChoice() {
  const text = useTexts(modelTexts)
  const format = useFormat()
  const preset = useSettings((settings) => settings.preset)
  const choosePreset = useSettings((settings) => settings.choosePreset)
  const isChanged = useSettings(isChangedFromPreset)
  const hint = (name: PresetName) => {
    const { steps, rank } = presets[name]
    const say = name === 'quick' ? text.quickHint : text.presetHint
    return say(format.count(steps), format.count(rank))
  }
  return (
    <div className={style.group}>
      <Choice<PresetName>
        legend={text.preset}
        layout="list"
        value={preset}
        onChange={choosePreset}
        options={[
          { value: 'quick', label: text.quick, hint: hint('quick') },
          { value: 'balanced', label: text.balanced, hint: hint('balanced') },
          { value: 'thorough', label: text.thorough, hint: hint('thorough') },
        ]}
      />
      {isChanged && (
        <p className={style.changed}>
          {text.changed}
          <Button kind="quiet" onClick={() => choosePreset(preset)}>
            {text.restore}
          </Button>
        </p>
      )}
    </div>
  )
}
