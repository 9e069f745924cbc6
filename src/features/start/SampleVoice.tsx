import { useEffect } from 'react'
import { useDataset } from '../../stores/dataset'
import { useLocale } from '../../stores/locale'
import { useNotices } from '../../stores/notices'
import { useTexts } from '../../strings/useTexts'
import { firstLines } from './firstLines'
import style from './SampleVoice.module.css'
import { startTexts } from './texts'

/** The beginning of the chosen sample, set as it wants to be read: what the model will learn to sound like. */
export function SampleVoice({ sampleId }: { readonly sampleId: string | null }) {
  const texts = useTexts(startTexts)
  const language = useLocale((state) => state.language)
  const sample = useDataset((state) => state.samples.find((one) => one.id === sampleId))
  const text = useDataset((state) => (sampleId === null ? undefined : state.sampleTexts[sampleId]))
  useEffect(() => {
    if (sampleId === null) return
    useDataset.getState().lookAtSample(sampleId).catch(useNotices.getState().report)
  }, [sampleId])
  const documents = sample && text !== undefined ? firstLines(text, sample.kind) : []
  return (
    <figure className={style.voice}>
      <figcaption className={style.caption}>
        <span>{texts.voiceTitle}</span>
        {sample && <span className={style.quiet}>{sample.title[language]}</span>}
      </figcaption>
      <div className={style.page} lang={sample?.language}>
        {documents.length === 0 && <p className={style.quiet}>{texts.voiceEmpty}</p>}
        {documents.map((document) => (
          <p key={document.text}>
            {document.prompt && (
              <span className={style.prompt}>
                <span className="unseen">{texts.promptLabel}: </span>
                {document.prompt}
              </span>
            )}
            {document.text}
          </p>
        ))}
      </div>
    </figure>
  )
}
