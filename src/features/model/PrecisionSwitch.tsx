import { Choice } from '../../components/Choice'
import type { Precision } from '../../engine/api'
import { useSettings } from '../../stores/settings'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Model.module.css'
import { modelTexts } from './texts'

/** The large switch: how the frozen weights are stored. */
export function PrecisionSwitch() {
  const text = useTexts(modelTexts)
  const format = useFormat()
  const precision = useSettings(({ settings }) => settings.precision)
  const change = useSettings((settings) => settings.change)
  const estimate = useSettings((settings) => (settings.estimate.name === 'ready' ? settings.estimate.estimate : null))
  const saved = estimate ? estimate.memoryInFloat32.weights - estimate.memory.weights : 0
  // The estimate is of the chosen precision; float32 follows from it, int8 is known once it is chosen.
  const float32 = estimate ? format.bytes(estimate.linearWeightBytes + saved) : null
  const int8 = estimate && saved > 0 ? format.bytes(estimate.linearWeightBytes) : null
  return (
    <div className={style.group}>
      <Choice<Precision>
        legend={text.precision}
        isLarge
        value={precision}
        onChange={(chosen) => change({ precision: chosen })}
        options={[
          {
            value: 'float32',
            label: (
              <span className={style.precision}>
                <Texture precision="float32" />
                {text.float32}
              </span>
            ),
            hint: float32 ? text.float32Hint(float32) : text.float32HintUnknown,
          },
          {
            value: 'int8',
            label: (
              <span className={style.precision}>
                <Texture precision="int8" />
                {text.int8}
              </span>
            ),
            hint: int8 ? text.int8Hint(int8) : text.int8HintUnknown,
          },
        ]}
      />
      <p className={style.groupNote}>{text.precisionNote}</p>
    </div>
  )
}

/** A line in the texture that stands for the precision on every chart. */
function Texture({ precision }: { readonly precision: Precision }) {
  return (
    <svg className={style.texture} width="32" height="3" aria-hidden="true">
      <line x1="0" x2="32" y1="1.5" y2="1.5" {...(precision === 'int8' ? { strokeDasharray: '5 3' } : {})} />
    </svg>
  )
}
