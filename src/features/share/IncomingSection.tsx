// An adapter that came in the address: what it holds, and two buttons. It does nothing by itself.
import { Button } from '../../components/Button'
import { Figure, Figures } from '../../components/Figure'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import type { LinkedAdapter } from '../../engine/api'
import { useAdapter } from '../../stores/adapter'
import { useLinkedAdapter } from '../../stores/linkedAdapter'
import { isAlive, useRun } from '../../stores/run'
import { useFormat, useTexts } from '../../strings/useTexts'
import { linkTexts } from './linkTexts'
import style from './Share.module.css'

export function IncomingSection() {
  const text = useTexts(linkTexts)
  const { incoming, dismiss } = useLinkedAdapter()
  switch (incoming.name) {
    case 'none':
      return null
    case 'reading':
      return (
        <Section title={text.incoming}>
          <Notice kind="note" title={text.reading} isLive />
        </Section>
      )
    case 'unreadable':
      return (
        <Section title={text.incoming}>
          <ErrorNotice error={incoming.error} actions={<Button onClick={dismiss}>{text.dismiss}</Button>} />
        </Section>
      )
    case 'ready':
    case 'opening':
      return (
        <Section title={text.incoming} note={text.incomingNote}>
          <Contents linked={incoming.linked} />
          <Choices isOpening={incoming.name === 'opening'} />
          {incoming.name === 'ready' && incoming.error && <ErrorNotice error={incoming.error} />}
        </Section>
      )
    default:
      return incoming satisfies never
  }
}

function Contents({ linked }: { readonly linked: LinkedAdapter }) {
  const text = useTexts(linkTexts)
  const format = useFormat()
  const targets = linked.targets.map((name) => name.replace('_proj', '')).join(' ')
  return (
    <>
      <Figures>
        <Figure label={text.base} value={<span className={style.word}>{linked.baseModel || '–'}</span>} />
        <Figure label={text.rank} value={format.count(linked.rank)} />
        <Figure label={text.targets} value={<span className={style.word}>{targets}</span>} />
        <Figure label={text.parameters} value={format.count(linked.parameters)} />
        <Figure label={text.linkBytes} value={format.bytes(linked.bytes)} />
      </Figures>
      <p className={style.quiet}>{linked.baseSha256 === null ? text.unnamed : text.named}</p>
    </>
  )
}

function Choices({ isOpening }: { readonly isOpening: boolean }) {
  const text = useTexts(linkTexts)
  const { open, dismiss } = useLinkedAdapter.getState()
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const isRunning = useRun((run) => isAlive(run.state))
  return (
    <>
      <div className={style.next}>
        <Button isBusy={isOpening} disabled={isRunning} onClick={() => void open()}>
          {isOpening ? text.opening : text.open}
        </Button>
        <Button kind="quiet" disabled={isOpening} onClick={dismiss}>
          {text.dismiss}
        </Button>
      </div>
      {(isRunning || hasAdapter) && <p className={style.quiet}>{isRunning ? text.running : text.replaces}</p>}
    </>
  )
}
