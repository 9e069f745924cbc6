import { Fragment, useState } from 'react'
import { Button } from '../../components/Button'
import { Section } from '../../components/Place'
import type { PreparedCorpus, TokenPreview } from '../../text/types'
import { useFormat, useTexts } from '../../strings/useTexts'
import { Template } from './Template'
import { dataTexts } from './texts'
import { groupWords, readChips, type Chip } from './tokenChips'
import style from './TokenView.module.css'

/** The heart of Data: the text as chips, with what is trained on painted on it. */
export function TokenView({ corpus }: { readonly corpus: PreparedCorpus }) {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const [wanted, setIndex] = useState(0)
  const index = Math.min(wanted, corpus.preview.length - 1)
  const preview = corpus.preview[index]
  if (!preview) {
    return (
      <Section title={texts.tokensTitle}>
        <p>{texts.noPreview}</p>
      </Section>
    )
  }
  const hasMasked = corpus.preview.some(({ trained, roles }) =>
    trained.some((isTrained, token) => !isTrained && roles[token] === 'text'),
  )
  const hasSpecial = corpus.preview.some(({ roles }) => roles.includes('special'))
  const nameOf = (one: TokenPreview) =>
    texts.documentOption(
      format.count(one.documentIndex + 1),
      one.split === 'train' ? texts.forTraining : texts.forValidation,
    )
  const chooser = (
    <>
      <Button
        aria-label={texts.previous}
        title={texts.previous}
        disabled={index === 0}
        onClick={() => setIndex(index - 1)}
      >
        ‹
      </Button>
      <select aria-label={texts.document} value={index} onChange={(event) => setIndex(Number(event.target.value))}>
        {corpus.preview.map((one, number) => (
          <option key={one.documentIndex} value={number}>
            {nameOf(one)}
          </option>
        ))}
      </select>
      <Button
        aria-label={texts.following}
        title={texts.following}
        disabled={index === corpus.preview.length - 1}
        onClick={() => setIndex(index + 1)}
      >
        ›
      </Button>
    </>
  )
  return (
    <Section title={texts.tokensTitle} tools={chooser} note={texts.tokensNote}>
      <ul className={style.legend}>
        <li>
          <span className={style.trained} data-is-sample>
            {texts.trained}
          </span>
        </li>
        {hasMasked && (
          <li>
            <span className={style.masked} data-is-sample>
              {texts.masked}
            </span>
          </li>
        )}
        {hasSpecial && (
          <li>
            <span className={style.special} data-is-sample>
              {texts.special}
            </span>
          </li>
        )}
        <li>
          <span className={style.end} data-is-trained data-is-sample>
            {texts.endOfText}
          </span>
        </li>
      </ul>
      <Chips preview={preview} />
      <p className={style.summary}>
        {texts.tokenSummary(format.count(preview.tokenCount), format.count(preview.trained.filter(Boolean).length))}
        {preview.tokenCount > preview.ids.length &&
          ` ${texts.cut(format.count(preview.ids.length), format.count(preview.tokenCount))}`}
      </p>
      <Template template={corpus.template} />
    </Section>
  )
}

function Chips({ preview }: { readonly preview: TokenPreview }) {
  const texts = useTexts(dataTexts)
  const classOf = (chip: Chip) => {
    if (chip.isEnd) return style.end
    if (chip.isSpecial) return style.special
    return chip.isTrained ? style.trained : style.masked
  }
  // The end of a turn and of the text, side by side, both have their names; the text's own is said in words.
  const lastIndex = preview.tokenCount - 1
  return (
    // Scrolled by keyboard, too: a long document is taller than the view.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={style.tokens} aria-label={texts.tokensTitle} tabIndex={0}>
      {groupWords(readChips(preview)).map((word) => (
        <Fragment key={word[0]?.index}>
          <span className={style.word}>
            {word.map((chip) => (
              <span
                key={chip.index}
                className={classOf(chip)}
                data-is-spaced={chip.isSpaced || undefined}
                data-is-trained={chip.isTrained || undefined}
                title={texts.tokenNumber(String(chip.id))}
              >
                {chip.isEnd && chip.index === lastIndex ? texts.endOfText : chip.text}
                {chip.breaks > 0 && (
                  <span className={style.break} title={texts.lineBreak} aria-hidden="true">
                    {'↵'.repeat(chip.breaks)}
                  </span>
                )}
              </span>
            ))}
          </span>
          <wbr />
          {'\n'.repeat(word.at(-1)?.breaks ?? 0)}
        </Fragment>
      ))}
    </section>
  )
}
