import { Choice } from '../../components/Choice'
import { useDataset } from '../../stores/dataset'
import { useLocale } from '../../stores/locale'
import { useTexts } from '../../strings/useTexts'
import style from './SampleChoice.module.css'
import { startTexts } from './texts'

export interface SampleChoiceProps {
  readonly sampleId: string | null
  readonly onChange: (id: string) => void
}

/** Which of the included corpora the one button trains on. */
export function SampleChoice({ sampleId, onChange }: SampleChoiceProps) {
  const texts = useTexts(startTexts)
  const language = useLocale((state) => state.language)
  const samples = useDataset((state) => state.samples)
  if (samples.length === 0 || sampleId === null) return <div />
  const chosen = samples.find((sample) => sample.id === sampleId)
  return (
    <div className={style.choice}>
      <Choice
        legend={texts.sampleLegend}
        layout="list"
        value={sampleId}
        onChange={onChange}
        options={samples.map((sample) => ({
          value: sample.id,
          label: sample.title[language],
          hint: sample.description[language],
        }))}
      />
      {chosen?.language === 'ko' && <p className={style.note}>{texts.koreanNote}</p>}
    </div>
  )
}
