import { Choice } from '../../components/Choice'
import { Texture } from '../../components/Texture'
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
  // The estimate is of one precision; float32 follows from it, the others are known once they are chosen.
  const float32 = estimate ? format.bytes(estimate.linearWeightBytes + saved) : null
  const bytesOf = (one: Precision, say: (bytes: string) => string) =>
    estimate?.precision === one ? say(format.bytes(estimate.linearWeightBytes)) : null
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
            label: <Name precision="float32" />,
            hint: float32 ? text.float32Hint(float32) : text.float32HintUnknown,
          },
          {
            value: 'float16',
            label: <Name precision="float16" />,
            hint: bytesOf('float16', text.float16Hint) ?? text.float16HintUnknown,
          },
          {
            value: 'int8',
            label: <Name precision="int8" />,
            hint: bytesOf('int8', text.int8Hint) ?? text.int8HintUnknown,
          },
        ]}
      />
      <p className={style.groupNote}>{text.precisionNote}</p>
    </div>
  )
}

function Name({ precision }: { readonly precision: Precision }) {
  const text = useTexts(modelTexts)
  return (
    <span className={style.precision}>
      <Texture precision={precision} width={32} className={style.texture} />
      {text[precision]}
    </span>
  )
}
