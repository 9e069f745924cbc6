import { Button } from '../../components/Button'
import { FileDrop } from '../../components/FileDrop'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import { corpusOf, useDataset } from '../../stores/dataset'
import { useLocale } from '../../stores/locale'
import { takeDropped } from '../../stores/takeDropped'
import type { CorpusColumn, CorpusKind, PreparedCorpus, TextEncoding } from '../../text/types'
import { useFormat, useTexts } from '../../strings/useTexts'
import { Columns } from './Columns'
import style from './Intake.module.css'
import { dataTexts } from './texts'

const kindTexts = {
  text: 'readAsText',
  'text-rows': 'readAsRows',
  'prompt-completion': 'readAsPrompts',
  messages: 'readAsMessages',
} as const satisfies Record<CorpusKind, string>

const encodingTexts = {
  'utf-8': 'encodingUtf8',
  'utf-16le': 'encodingUtf16',
  'utf-16be': 'encodingUtf16',
  'euc-kr': 'encodingEucKr',
} as const satisfies Record<TextEncoding, string>

const accept = '.txt,.md,.markdown,.jsonl,.ndjson,.json,.csv,.tsv,.parquet,.zip,.safetensors'

/** Where text comes in, and what is in use now. */
export function Intake({ unreadColumns }: { readonly unreadColumns: readonly CorpusColumn[] }) {
  const texts = useTexts(dataTexts)
  const state = useDataset((store) => store.state)
  const title = useDataset((store) => store.title)
  const corpus = corpusOf(state)
  if (corpus && state.name !== 'failed') return <InUse corpus={corpus} isReading={state.name === 'reading'} />
  if (state.name === 'reading') return <Progress label={texts.reading(title)} share={null} />
  // A question rather than a failure: a person can say which column is which.
  const isQuestion = unreadColumns.length > 0
  return (
    <div className={style.intake}>
      {state.name === 'failed' && <ErrorNotice error={state.error} kind={isQuestion ? 'warning' : 'wrong'} />}
      {isQuestion && <Columns columns={unreadColumns} mapping={null} />}
      <FileDrop
        title={isQuestion ? texts.replaceTitle : texts.dropTitle}
        hint={texts.dropHint}
        choose={texts.choose}
        chooseFolder={texts.chooseFolder}
        accept={accept}
        onFiles={(files) => void takeDropped(files)}
      />
      {!isQuestion && !corpus && <Samples />}
    </div>
  )
}

interface InUseProps {
  readonly corpus: PreparedCorpus
  /** The corpus is being made again with other settings. */
  readonly isReading: boolean
}

function InUse({ corpus, isReading }: InUseProps) {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const { title, files, clear } = useDataset()
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0)
  const { kind, sources } = corpus
  // UTF-8 is what everybody expects; anything else was recognised, and could be wrong.
  const encodings = [...new Set(sources.map(({ encoding }) => encoding))].filter(
    (encoding) => encoding !== null && encoding !== 'utf-8',
  )
  return (
    <div className={style.inUse}>
      <div className={style.name} aria-busy={isReading}>
        <h2>
          <bdi>{title}</bdi>
        </h2>
        <p>
          {[format.bytes(bytes), texts[kindTexts[kind]], ...encodings.map((one) => texts[encodingTexts[one]])].join(
            ', ',
          )}
        </p>
        {sources.length > 1 && (
          <details>
            <summary>{texts.sourcesTitle(format.count(sources.length))}</summary>
            <ul className={style.sources}>
              {sources.map(({ name, documents }) => (
                <li key={name}>
                  <bdi>{name}</bdi> <span className={style.quiet}>{texts.documentCount(format.count(documents))}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
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
