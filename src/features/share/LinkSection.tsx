// The settings as a link, the adapter in one where it fits, and where to go from here.
import { Button } from '../../components/Button'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { MAX_LINK_BYTES } from '../../engine/api'
import { useLinkedAdapter } from '../../stores/linkedAdapter'
import { useRoute } from '../../stores/route'
import { useSettings } from '../../stores/settings'
import { useFormat, useTexts } from '../../strings/useTexts'
import { CopyField } from './CopyField'
import { linkTexts } from './linkTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

export function LinkSection({ canHoldAdapter }: { readonly canHoldAdapter: boolean }) {
  const text = useTexts(shareTexts)
  const words = useTexts(linkTexts)
  const query = useSettings((settings) => settings.toQuery())
  const go = useRoute((route) => route.go)
  return (
    <>
      <Section title={words.settings} note={words.settingsNote}>
        <CopyField link={addressOf('model', query)} label={words.settingsLabel} />
      </Section>
      {canHoldAdapter && <AdapterLinkSection />}
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

function AdapterLinkSection() {
  const text = useTexts(linkTexts)
  const format = useFormat()
  const { outgoing, make } = useLinkedAdapter()
  const query = useSettings((settings) => settings.toQuery())
  return (
    <Section title={text.adapter} note={text.adapterNote(format.bytes(MAX_LINK_BYTES))}>
      {outgoing.name === 'ready' && outgoing.link.text !== null ? (
        <AdapterLink
          link={addressOf('share', [query, `adapter=${outgoing.link.text}`].filter(Boolean).join('&'))}
          bytes={outgoing.link.bytes}
        />
      ) : (
        <div>
          <Button isBusy={outgoing.name === 'making'} onClick={() => void make()}>
            {outgoing.name === 'making' ? text.making : text.make}
          </Button>
        </div>
      )}
      {outgoing.name === 'ready' && outgoing.link.text === null && (
        <Notice
          kind="note"
          title={text.tooLarge(format.bytes(outgoing.link.bytes), format.bytes(MAX_LINK_BYTES))}
          isLive
        />
      )}
      {outgoing.name === 'failed' && <ErrorNotice error={outgoing.error} />}
    </Section>
  )
}

function AdapterLink({ link, bytes }: { readonly link: string; readonly bytes: number }) {
  const text = useTexts(linkTexts)
  const format = useFormat()
  return (
    <>
      <CopyField link={link} label={text.adapterLabel} />
      <p className={style.quiet}>{text.size(format.bytes(bytes), format.count(link.length))}</p>
    </>
  )
}

/** The same shape as app/address.ts reads: place and settings after the #, which is never sent to a server. */
function addressOf(place: string, query: string): string {
  const { origin, pathname } = window.location
  return `${origin}${pathname}#/${place}${query ? `?${query}` : ''}`
}
