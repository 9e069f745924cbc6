// The settings as a link, and where to go from here.
import { useState } from 'react'
import { Button } from '../../components/Button'
import { Section } from '../../components/Place'
import { useRoute } from '../../stores/route'
import { useSettings } from '../../stores/settings'
import { useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

type CopyState = 'ready' | 'copied' | 'refused'

export function LinkSection() {
  const text = useTexts(shareTexts)
  const query = useSettings((settings) => settings.toQuery())
  const go = useRoute((route) => route.go)
  const [copyState, setCopyState] = useState<CopyState>('ready')
  // The same shape as app/address.ts writes: place and settings after the #, which is never sent to a server.
  const { origin, pathname } = window.location
  const link = `${origin}${pathname}#/model${query ? `?${query}` : ''}`
  const words = { ready: text.copy, copied: text.copied, refused: text.copyByHand }[copyState]
  return (
    <>
      <Section title={text.link} note={text.linkNote}>
        <div className={style.link}>
          <input
            type="text"
            readOnly
            value={link}
            aria-label={text.linkLabel}
            onFocus={(event) => event.target.select()}
          />
          <Button
            onClick={() => {
              navigator.clipboard.writeText(link).then(
                () => setCopyState('copied'),
                () => setCopyState('refused'), // the browser does not let pages copy: the field is there
              )
            }}
          >
            {words}
          </Button>
        </div>
      </Section>
      <Section title={text.next}>
        <div className={style.next}>
          <Button onClick={() => go('compare')}>{text.nextCompare}</Button>
          <Button onClick={() => go('model')}>{text.nextModel}</Button>
          <Button onClick={() => go('data')}>{text.nextData}</Button>
        </div>
      </Section>
    </>
  )
}
