// A place to drop an adapter, and what became of the last one that was dropped.
import type { AppError } from '../../base/errors'
import { Button } from '../../components/Button'
import { FileDrop } from '../../components/FileDrop'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { readFiles } from '../../stores/readFiles'
import { useAdapter } from '../../stores/adapter'
import { useNotices } from '../../stores/notices'
import { useRoute } from '../../stores/route'
import { isAlive, useRun } from '../../stores/run'
import { useTexts } from '../../strings/useTexts'
import { refusalSentences, refusalTexts } from './refusalTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

export function OpenSection() {
  const text = useTexts(shareTexts)
  const name = useAdapter(({ state }) => state.name)
  const error = useAdapter((adapter) => adapter.importError)
  const openedFrom = useAdapter((adapter) => adapter.openedFrom)
  const isRunning = useRun((run) => isAlive(run.state))
  const go = useRoute((route) => route.go)
  if (isRunning) return null
  return (
    <Section title={text.open} note={text.openNote}>
      {name === 'importing' ? (
        <Notice kind="note" title={text.opening} isLive />
      ) : (
        <FileDrop
          title={text.openTitle}
          hint={text.openHint}
          choose={text.choose}
          accept=".zip,.json,.safetensors,.gguf,.md"
          onFiles={(files) => void open(files)}
        />
      )}
      {error && <Refusal error={error} />}
      {name === 'ready' && !error && openedFrom.length > 0 && (
        <Notice
          kind="good"
          title={text.opened(openedFrom.join(', '))}
          isLive
          actions={<Button onClick={() => go('compare')}>{text.compare}</Button>}
        />
      )}
    </Section>
  )
}

/** What went wrong, and what in the file says so. */
function Refusal({ error }: { readonly error: AppError }) {
  const sentences = refusalSentences(error, useTexts(refusalTexts))
  return (
    <ErrorNotice error={error}>
      {sentences.length > 0 && (
        <ul className={style.reasons}>
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
    </ErrorNotice>
  )
}

async function open(files: readonly File[]): Promise<void> {
  try {
    await useAdapter.getState().importFiles(await readFiles(files))
  } catch (thrown) {
    useNotices.getState().report(thrown)
  }
}
