// One prompt, two or four models, side by side as they write.
import { useMemo } from 'react'
import { Button } from '../../components/Button'
import { Choice } from '../../components/Choice'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import type { Precision } from '../../engine/api'
import { currentOf, useAdapter } from '../../stores/adapter'
import { answerId, type AnswerKey } from '../../stores/comparedCells'
import { columnsOf, useComparison, type Answer } from '../../stores/comparison'
import { useDataset } from '../../stores/dataset'
import { pinnedPrompts } from '../../stores/run'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import { AdapterControls } from './AdapterControls'
import { adapterTexts } from './adapterTexts'
import style from './Compare.module.css'
import { SamplingControls } from './SamplingControls'
import { compareTexts } from './texts'
import { useIsFree } from '../../stores/useIsFree'
import { markPieces } from './wordDifference'

export function AnswersSection() {
  const text = useTexts(compareTexts)
  const error = useComparison((comparison) => comparison.answerError)
  return (
    <Section title={text.prompt} note={text.promptNote}>
      <PromptForm />
      {error && <ErrorNotice error={error} />}
      <ExactPrompt />
      <Answers />
    </Section>
  )
}

function Answers() {
  const precision = useComparison((comparison) => comparison.precision)
  const beside = useComparison((comparison) => comparison.beside)
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const keys = columnsOf(precision, beside).filter(
    ({ model }) => hasAdapter || model === 'base' || precision !== 'both',
  )
  const [first] = keys
  return (
    <div className={style.answers} data-columns={2 + beside.length}>
      {keys.map((key, index) => (
        <AnswerColumn key={answerId(key)} answerKey={key} referenceId={index > 0 && first ? answerId(first) : null} />
      ))}
    </div>
  )
}

function PromptForm() {
  const text = useTexts(compareTexts)
  const terms = useTexts(termTexts)
  const format = useFormat()
  const prompt = useComparison((comparison) => comparison.prompt)
  const precision = useComparison((comparison) => comparison.precision)
  const { setPrompt, setPrecision, ask, stopAsking } = useComparison.getState()
  const isWriting = useComparison((comparison) => comparison.writing !== null)
  const hasAnswer = useComparison(({ answers }) => Object.keys(answers).length > 0)
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const columns = useComparison((comparison) => columnsOf(comparison.precision, comparison.beside).length)
  const canAsk = useIsFree()
  useDataset((dataset) => dataset.sampleId) // the suggestions come with the text
  const suggestions = pinnedPrompts()
  return (
    <form
      className={style.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!canAsk) return
        if (prompt.trim() === '') setPrompt(suggestions[0] ?? '') // what the empty field shows
        void ask()
      }}
    >
      <textarea
        className={style.prompt}
        aria-label={text.prompt}
        rows={2}
        value={prompt}
        placeholder={suggestions[0]}
        onChange={(event) => setPrompt(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit()
        }}
      />
      <p className={style.suggestions}>
        <span className={style.quiet}>{text.suggested}</span>
        {suggestions.map((suggestion) => (
          <button key={suggestion} type="button" className={style.suggestion} onClick={() => setPrompt(suggestion)}>
            {suggestion}
          </button>
        ))}
      </p>
      <div className={style.controls}>
        <Choice<Precision | 'both'>
          legend={text.weights}
          isLegendHidden
          value={precision}
          onChange={setPrecision}
          options={[
            { value: 'float32', label: terms.float32, isDisabled: isWriting },
            { value: 'int8', label: terms.int8, isDisabled: isWriting },
            { value: 'both', label: text.bothPrecisions, isDisabled: isWriting },
          ]}
        />
        {isWriting ? (
          <Button onClick={() => void stopAsking()}>{text.stop}</Button>
        ) : (
          <Button type="submit" kind={hasAnswer || !hasAdapter ? 'plain' : 'main'} disabled={!canAsk}>
            {askWords()}
          </Button>
        )}
      </div>
      {hasAdapter && <AdapterControls />}
      <SamplingControls />
    </form>
  )

  function askWords(): string {
    if (!hasAdapter) return text.askBase
    if (columns === 2) return text.ask
    return columns === 4 && precision === 'both' ? text.askAll : text.askMany(format.count(columns))
  }
}

/** What the chat template made of the prompt. */
function ExactPrompt() {
  const text = useTexts(compareTexts)
  const as = useComparison((comparison) => comparison.askedAs)
  if (typeof as !== 'object') return null
  return (
    <details className={style.exact}>
      <summary>{text.exactPrompt}</summary>
      <pre>{as.text}</pre>
    </details>
  )
}

interface AnswerProps {
  readonly answerKey: AnswerKey
  /** The answer it is compared with, word by word; null for that answer itself. */
  readonly referenceId: string | null
}

/** What a column is called: by its adapter's name where there are several. */
function useColumnName({ model, precision, adapterId }: AnswerKey): string {
  const text = useTexts(compareTexts)
  const terms = useTexts(termTexts)
  const isBoth = useComparison((comparison) => comparison.precision === 'both')
  const hasSeveral = useComparison(({ beside }) => beside.length > 0)
  const name = useAdapter(({ shelf }) => {
    const shown = adapterId === undefined ? currentOf(shelf) : shelf.adapters.find(({ id }) => id === adapterId)
    return shown?.name
  })
  const words = model === 'adapter' && hasSeveral ? (name ?? text.adapter) : text[model]
  return isBoth ? `${words}, ${terms[precision]}` : words
}

function AnswerColumn({ answerKey, referenceId }: AnswerProps) {
  const text = useTexts(compareTexts)
  const adapters = useTexts(adapterTexts)
  const format = useFormat()
  const terms = useTexts(termTexts)
  const id = answerId(answerKey)
  const { model, precision } = answerKey
  const answer = useComparison((comparison) => comparison.answers[id])
  const reference = useComparison(({ answers }) => (referenceId === null ? undefined : answers[referenceId]))
  const askedPrompt = useComparison((comparison) => comparison.askedPrompt)
  const isContinued = useComparison((comparison) => comparison.askedAs === undefined)
  const writing = useComparison((comparison) => comparison.writing)
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const name = useColumnName(answerKey)
  const isWriting = writing !== null && answerId(writing) === id
  const result = answer?.result
  const pieces = useMemo(() => {
    const written = answer?.pieces ?? []
    // Without a reference a text is compared with itself: nothing is marked.
    return markPieces(textOf(reference ?? answer), written)
  }, [reference, answer])
  return (
    <article className={`${style.answer} ${style[model]}`} data-precision={precision} aria-busy={isWriting}>
      <h3 className={style.answerTitle}>
        <span>{name}</span>
        {isWriting && <span className={style.state}>{text.writing}</span>}
      </h3>
      {answer ? (
        <p className={`reading ${style.answerText}`}>
          <span className={isContinued ? style.askedPrompt : style.askedQuestion}>{askedPrompt}</span>
          {pieces.map((piece, index) => {
            const Part = piece.isChanged ? 'mark' : 'span'
            return (
              <Part
                // Pieces only grow at the end: their place is their name.
                // oxlint-disable-next-line react/no-array-index-key
                key={index}
                className={piece.isChanged ? style.changed : style.piece}
                title={text.probability(format.percent(piece.probability))}
              >
                {piece.text}
              </Part>
            )
          })}
        </p>
      ) : (
        <p className={style.answerEmpty}>{emptyText()}</p>
      )}
      {result && (
        <p className={style.answerFigures}>
          {text.tokens(format.count(result.generatedTokens))} · {text.firstToken}{' '}
          {format.significant(result.firstTokenMs)} ms · {format.rate(result.tokensPerSecond)} {terms.tokensPerSecond} ·{' '}
          {result.stop === 'end-of-text' ? text.ended : text.cut}
        </p>
      )}
      {answer && model === 'adapter' && (answer.isMoved || answer.strength !== 1) && (
        <p className={style.answerFigures}>
          {answer.isMoved ? adapters.moved : adapters.atStrength(format.rough(answer.strength))}
        </p>
      )}
      {result && referenceId !== null && (
        <p className={style.answerFigures}>{pieces.some((piece) => piece.isChanged) ? text.marked : text.same}</p>
      )}
    </article>
  )

  function emptyText(): string {
    if (model === 'adapter' && !hasAdapter) return text.adapterMissing
    if (writing) return text.waiting
    return model === 'base' ? text.baseEmpty : text.adapterEmpty
  }
}

function textOf(answer: Answer | undefined): string {
  return answer?.pieces.map((piece) => piece.text).join('') ?? ''
}
