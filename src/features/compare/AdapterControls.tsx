// How much of the adapter answers, also while it writes, and which others answer beside it.
import { Choice } from '../../components/Choice'
import { Knob } from '../../components/Knob'
import { useAdapter } from '../../stores/adapter'
import { MOST_BESIDE, useComparison } from '../../stores/comparison'
import { useFormat, useTexts } from '../../strings/useTexts'
import { adapterTexts } from './adapterTexts'
import style from './Compare.module.css'

export function AdapterControls() {
  const text = useTexts(adapterTexts)
  const strength = useComparison((comparison) => comparison.strength)
  const isOn = useComparison((comparison) => comparison.isAdapterOn)
  const { setStrength, setAdapterOn } = useComparison.getState()
  return (
    <div className={style.adapterControls}>
      <Choice<'on' | 'off'>
        legend={text.adapter}
        value={isOn ? 'on' : 'off'}
        onChange={(value) => setAdapterOn(value === 'on')}
        options={[
          { value: 'on', label: text.on },
          { value: 'off', label: text.off },
        ]}
      />
      <Knob
        label={text.strength}
        name={text.strength}
        value={strength}
        least={0}
        most={2}
        step={0.1}
        hint={text.strengthHint}
        isDisabled={!isOn}
        onChange={setStrength}
      />
      <Beside />
    </div>
  )
}

/** The other adapters of this base, where there are any. */
function Beside() {
  const text = useTexts(adapterTexts)
  const format = useFormat()
  const shelf = useAdapter((adapter) => adapter.shelf)
  const beside = useComparison((comparison) => comparison.beside)
  const isWriting = useComparison((comparison) => comparison.writing !== null)
  const { setBeside } = useComparison.getState()
  const others = shelf.adapters.filter(({ id, info }) => id !== shelf.currentId && info.hasEffect)
  if (others.length === 0) return null
  return (
    <fieldset className={style.beside}>
      <legend>{text.beside}</legend>
      {others.map(({ id, name, keptAt }) => {
        const isChosen = beside.includes(id)
        return (
          <label key={id} className={style.besideOne}>
            <input
              type="checkbox"
              checked={isChosen}
              disabled={isWriting || (!isChosen && beside.length === MOST_BESIDE)}
              onChange={() => setBeside(isChosen ? beside.filter((one) => one !== id) : [...beside, id])}
            />
            <span>
              {name} <span className={style.quiet}>{format.moment(keptAt)}</span>
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}
