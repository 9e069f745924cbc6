import { Knob } from '../../components/Knob'
import { Section } from '../../components/Place'
import { useSettings } from '../../stores/settings'
import { termTexts } from '../../strings/terms'
import type { PreparedCorpus } from '../../text/types'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Split.module.css'
import { dataTexts } from './texts'

/** Which documents train and which are held out, drawn in their order. */
export function Split({ corpus }: { readonly corpus: PreparedCorpus }) {
  const texts = useTexts(dataTexts)
  const terms = useTexts(termTexts)
  const format = useFormat()
  const share = useSettings((state) => state.settings.validationShare)
  const change = useSettings((state) => state.change)
  const { trainDocuments, validationDocuments } = corpus.statistics
  return (
    <Section title={texts.splitTitle} note={texts.splitNote}>
      <div className={style.split}>
        <div className={style.picture}>
          <div className={style.bar} aria-hidden="true">
            <span className={style.train} style={{ flexGrow: trainDocuments }} />
            <span className={style.validation} style={{ flexGrow: validationDocuments }} />
          </div>
          <div className={style.names}>
            <span>
              {terms.training} <strong>{format.count(trainDocuments)}</strong>
            </span>
            <span>
              {terms.validation} <strong>{format.count(validationDocuments)}</strong>
            </span>
          </div>
          <p className="unseen">{texts.splitCounts(format.count(trainDocuments), format.count(validationDocuments))}</p>
        </div>
        <Knob
          label={texts.validationShare}
          name={texts.validationShare}
          value={Math.round(share * 100)}
          least={0}
          most={50}
          unit={texts.percentUnit}
          onChange={(percent) => change({ validationShare: percent / 100 })}
        />
      </div>
    </Section>
  )
}
