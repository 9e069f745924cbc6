import { useState } from 'react'
import { FileDrop } from '../../components/FileDrop'
import { isOnProcessor, useCapability } from '../../stores/capability'
import { useDataset } from '../../stores/dataset'
import { useTexts } from '../../strings/useTexts'
import { DeviceCard } from './DeviceCard'
import { ModelCard } from './ModelCard'
import { SampleChoice } from './SampleChoice'
import { SampleVoice } from './SampleVoice'
import style from './StartPlace.module.css'
import { takeDropped } from '../../stores/takeDropped'
import { startTexts } from './texts'
import { TrainSample } from './TrainSample'
import { UnfinishedRuns } from './UnfinishedRuns'

/** The first screen: one sentence, one button, and for those who look further the machine and the model. */
export function StartPlace() {
  const texts = useTexts(startTexts)
  const onProcessor = useCapability(isOnProcessor)
  const inUse = useDataset((state) => state.sampleId)
  const first = useDataset((state) => state.samples[0]?.id)
  const [chosen, setChosen] = useState<string | null>(null)
  const sampleId = chosen ?? inUse ?? first ?? null
  return (
    <div className={style.place}>
      <UnfinishedRuns />
      <div className={style.opening}>
        <div className={style.words}>
          <h1 id="place-title" tabIndex={-1} className={style.title}>
            {texts.title}
          </h1>
          <p className={style.lead}>{onProcessor ? texts.leadOnProcessor : texts.lead}</p>
          <TrainSample sampleId={sampleId} />
        </div>
        <SampleVoice sampleId={sampleId} />
      </div>
      <div className={style.choices}>
        <SampleChoice sampleId={sampleId} onChange={setChosen} />
        <FileDrop
          title={texts.ownTitle}
          hint={texts.ownHint}
          choose={texts.ownChoose}
          accept=".txt,.md,.markdown,.jsonl,.json,.zip,.safetensors"
          onFiles={(files) => void takeDropped(files)}
        />
      </div>
      <div className={style.cards}>
        <DeviceCard />
        <ModelCard />
      </div>
    </div>
  )
}
