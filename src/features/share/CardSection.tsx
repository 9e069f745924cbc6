// The model card: a text that begins with what is known, and the fields of its head that most people ask for.
import { useEffect, useRef, useState } from 'react'
import { readCard, titleOf, withField, withTitle, type FieldValue } from '../../base/frontMatter'
import { Button } from '../../components/Button'
import { Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { TextField } from '../../components/TextField'
import { useCard, type CardContents } from '../../stores/card'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Card.module.css'
import { cardTexts } from './cardTexts'
import { faultTexts } from './faultTexts'
import type { PictureState } from './useCurvesPicture'

export function CardSection({ picture }: { readonly picture: PictureState }) {
  const text = useTexts(cardTexts)
  const state = useCard((card) => card.state)
  if (state.name !== 'ready') return null
  const isWritten = state.text !== state.generated
  return (
    <Section
      title={text.card}
      note={text.note}
      tools={
        <Button kind="quiet" disabled={!isWritten} onClick={() => useCard.getState().startOver()}>
          {text.startOver}
        </Button>
      }
    >
      <div className={style.card}>
        <Fields card={state} />
        <textarea
          className={style.text}
          aria-label={text.text}
          rows={18}
          spellCheck={false}
          value={state.text}
          onChange={(event) => useCard.getState().write(event.target.value)}
        />
        <p className={style.quiet}>{isWritten ? text.written : text.made}</p>
        <Problem card={state} />
        <Picture picture={picture} />
      </div>
    </Section>
  )
}

/** Views of the text: what is typed here is written there. */
function Fields({ card: { text: cardText } }: { readonly card: CardContents }) {
  const text = useTexts(cardTexts)
  const read = readCard(cardText)
  const fields = 'fields' in read ? read.fields : null
  const { write } = useCard.getState()
  return (
    <div className={style.fields}>
      <DraftField
        label={text.heading}
        value={titleOf(cardText) ?? ''}
        isDisabled={titleOf(cardText) === null}
        onWrite={(value) => write(withTitle(cardText, value))}
      />
      <DraftField
        label={text.language}
        hint={text.languageHint}
        value={shown(fields?.get('language'))}
        isDisabled={!fields}
        onWrite={(value) => write(withField(cardText, 'language', codesIn(value)))}
      />
      <DraftField
        label={text.licence}
        hint={text.licenceHint}
        value={shown(fields?.get('license'))}
        isDisabled={!fields}
        onWrite={(value) => write(withField(cardText, 'license', value.trim().toLowerCase()))}
      />
    </div>
  )
}

interface DraftFieldProps {
  readonly label: string
  readonly hint?: string
  readonly value: string
  /** The head cannot be read, or has no such place. */
  readonly isDisabled: boolean
  readonly onWrite: (value: string) => void
}

/** Writes when it is left: half a language code is none. */
function DraftField({ value, onWrite, ...rest }: DraftFieldProps) {
  const [draft, setDraft] = useState<string | null>(null)
  const finish = () => {
    if (draft !== null && draft !== value) onWrite(draft)
    setDraft(null)
  }
  return <TextField {...rest} value={draft ?? value} onChange={setDraft} onDone={finish} />
}

function Problem({ card: { problem } }: { readonly card: CardContents }) {
  const text = useTexts(cardTexts)
  const faults = useTexts(faultTexts)
  const format = useFormat()
  if (!problem) return null
  return (
    <Notice kind="warning" title={text.problem(format.count(problem.line))} isLive>
      <p>
        {faults[problem.fault](problem.what)} {text.problemEffect}
      </p>
    </Notice>
  )
}

function Picture({ picture }: { readonly picture: PictureState }) {
  const text = useTexts(cardTexts)
  const image = useRef<HTMLImageElement>(null)
  const bytes = picture.name === 'ready' ? picture.bytes : null
  useEffect(() => {
    if (!bytes || !image.current) return
    const address = URL.createObjectURL(new Blob([bytes], { type: 'image/png' }))
    image.current.src = address
    return () => URL.revokeObjectURL(address)
  }, [bytes])
  if (picture.name === 'none') return null
  return (
    <figure className={style.picture}>
      {bytes ? <img ref={image} alt={text.pictureAlt} /> : <p className={style.quiet}>{text.drawing}</p>}
      <figcaption className={style.quiet}>{text.picture}</figcaption>
    </figure>
  )
}

function shown(value: FieldValue | undefined): string {
  return typeof value === 'string' ? value : (value?.join(', ') ?? '')
}

function codesIn(value: string): FieldValue {
  const codes = value.toLowerCase().match(/[a-z][a-z-]*/g) ?? []
  return codes.length === 1 ? (codes[0] ?? '') : codes
}
