import { Button } from '../../components/Button'
import { FileDrop } from '../../components/FileDrop'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import { useDataset } from '../../stores/dataset'
import { useLocale } from '../../stores/locale'
import { takeDropped } from '../../stores/takeDropped'
import type { CorpusKind } from '../../text/types'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Intake.module.css'
import { dataTexts } from './texts'

const kindTexts = {
  text: 'readAsText',
  'text-rows': 'readAsRows',
  'prompt-completion': 'readAsPrompts',
  messages: 'readAsMessages',
} as const satisfies Record<CorpusKind, string>

const accept = '.txt,.md,.markdown,.jsonl,.json,.csv,.zip,.safetensors'

/** Where text comes in, and what is in use now. */
export function Intake() {
  const texts = useTexts(dataTexts)
  const state = useDataset((store) => store.state)
  const title = useDataset((store) => store.title)
  if (state.name === 'reading') return <Progress label={texts.reading(title)} share={null} />
  if (state.name === 'ready') return <InUse kind={state.corpus.kind} />
  return (
    <div className={style.intake}>
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      <FileDrop
        title={texts.dropTitle}
        hint={texts.dropHint}
        choose={texts.choose}
        accept={accept}
        onFiles={(files) => void takeDropped(files)}
      />
      <Samples />
    </div>
  )
}

function InUse({ kind }: { readonly kind: CorpusKind }) {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const { title, files, clear } = useDataset()
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0)
  return (
    <div className={style.inUse}>
      <div className={style.name}>
        <h2>{title}</h2>
        <p>
          {format.bytes(bytes)}, {texts[kindTexts[kind]]}
        </p>
        <Button kind="quiet" className={style.remove ?? ''} onClick={clear}>
          {texts.remove}
        </Button>
      </div>
      <FileDrop
        isCompact
        title={texts.replaceTitle}
        hint={texts.replaceHint}
        choose={texts.choose}
        accept={accept}
        onFiles={(files) => void takeDropped(files)}
      />
    </div>
  )
}

function Samples() {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const language = useLocale((store) => store.language)
  const { samples, takeSample } = useDataset()
  if (samples.length === 0) return null
  return (
    <Section title={texts.samplesTitle}>
      <ul className={style.samples}>
        {samples.map((sample) => (
          <li key={sample.id}>
            <button
              type="button"
              className={style.sample}
              onClick={() => void takeSample(sample.id, language).catch(() => undefined)}
            >
              <span className={style.sampleTitle}>{sample.title[language]}</span>
              <span className={style.quiet}>{sample.description[language]}</span>
              <span className={style.size}>{format.bytes(sample.bytes)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  )
}
