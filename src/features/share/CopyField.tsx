// A link to copy. Where the browser lets no page copy, the field is there to select.
import { useState } from 'react'
import { Button } from '../../components/Button'
import { useTexts } from '../../strings/useTexts'
import { linkTexts } from './linkTexts'
import style from './Share.module.css'

type CopyState = 'ready' | 'copied' | 'refused'

export function CopyField({ link, label }: { readonly link: string; readonly label: string }) {
  const text = useTexts(linkTexts)
  const [copied, setCopied] = useState<{ readonly link: string; readonly state: CopyState } | null>(null)
  const state = copied?.link === link ? copied.state : 'ready'
  const words = { ready: text.copy, copied: text.copied, refused: text.copyByHand }[state]
  return (
    <div className={style.link}>
      <input type="text" readOnly value={link} aria-label={label} onFocus={(event) => event.target.select()} />
      <Button
        onClick={() => {
          navigator.clipboard.writeText(link).then(
            () => setCopied({ link, state: 'copied' }),
            () => setCopied({ link, state: 'refused' }),
          )
        }}
      >
        {words}
      </Button>
    </div>
  )
}
