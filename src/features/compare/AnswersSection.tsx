// One prompt, two models, side by side as they write.
import { useMemo } from 'react'
import { Button } from '../../components/Button'
import { Choice } from '../../components/Choice'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import type { Precision } from '../../engine/api'
import { useAdapter } from '../../stores/adapter'
import { useCapability } from '../../stores/capability'
import type { ComparedModel } from '../../stores/comparedCells'
import { useComparison } from '../../stores/comparison'
import { useDataset } from '../../stores/dataset'
import { isAlive, pinnedPrompts, useRun } from '../../stores/run'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Compare.module.css'
import { SamplingControls } from './SamplingControls'
import { compareTexts } from './texts'
import { markChangedWords } from './wordDifference'

export function AnswersSection() {
  const text = useTexts(compareTexts)
  const error = useComparison((comparison) => comparison.answerError)
  return (
    <Section title={text.prompt} note={text.promptNote}>
      <PromptForm />
      {error && <ErrorNotice error={error} />}
      <ExactPrompt />
      <div className={style.answers}>
        <AnswerColumn model="base" />
        <AnswerColumn model="adapter" />
      </div>
    </Section>
  )
}

function PromptForm() {
  const text = useTexts(compareTexts)
  const terms = useTexts(termTexts)
  const prompt = useComparison((comparison) => comparison.prompt)
  const precision = useComparison((comparison) => comparison.precision)
  const { setPrompt, setPrecision, ask, stopAsking } = useComparison.getState()
  const isWriting = useComparison((comparison) => comparison.writing !== null)
  const isMeasuring = useComparison((comparison) => comparison.queue.length > 0)
  const hasAnswer = useComparison(({ answers }) => answers.base !== null)
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const isRunning = useRun((run) => isAlive(run.state))
  const hasDevice = useCapability(({ state }) => state.name === 'ready')
  useDataset((dataset) => dataset.sampleId) // the suggestions come with the text
  const suggestions = pinnedPrompts()
  const canAsk = hasDevice && !isRunning && !isMeasuring
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
        <Choice<Precision>
          legend={text.weights}
          isLegendHidden
          value={precision}
          onChange={setPrecision}
          options={[
            { value: 'float32', label: terms.float32, isDisabled: isWriting },
            { value: 'int8', label: terms.int8, isDisabled: isWriting },
          ]}
        />
        {isWriting ? (
          <Button onClick={() => void stopAsking()}>{text.stop}</Button>
        ) : (
          <Button type="submit" kind={hasAnswer || !hasAdapter ? 'plain' : 'main'} disabled={!canAsk}>
            {hasAdapter ? text.ask : text.askBase}
          </Button>
        )}
      </div>
      <SamplingControls />
    </form>
  )
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

function AnswerColumn({ model }: { readonly model: ComparedModel }) {
  const text = useTexts(compareTexts)
  const format = useFormat()
  const terms = useTexts(termTexts)
  const answer = useComparison((comparison) => comparison.answers[model])
  const baseText = useComparison((comparison) => comparison.answers.base?.text ?? '')
  const askedPrompt = useComparison((comparison) => comparison.askedPrompt)
  const isContinued = useComparison((comparison) => comparison.askedAs === undefined)
  const writing = useComparison((comparison) => comparison.writing)
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const isWriting = writing === model
  const result = answer?.result
  const words = useMemo(
    () =>
      model === 'adapter'
        ? markChangedWords(baseText, answer?.text ?? '')
        : [{ text: answer?.text ?? '', isChanged: false }],
    [model, baseText, answer],
  )
  return (
    <article className={`${style.answer} ${style[model]}`} aria-busy={isWriting}>
      <h3 className={style.answerTitle}>
        {text[model]}
        {isWriting && <span className={style.state}>{text.writing}</span>}
      </h3>
      {answer ? (
        <p className={`reading ${style.answerText}`}>
          <span className={isContinued ? style.askedPrompt : style.askedQuestion}>{askedPrompt}</span>
          {words.map((word, index) =>
            word.isChanged ? (
              // Pieces only grow at the end: their place is their name.
              // oxlint-disable-next-line react/no-array-index-key
              <mark key={index} className={style.changed}>
                {word.text}
              </mark>
            ) : (
              // oxlint-disable-next-line react/no-array-index-key
              <span key={index}>{word.text}</span>
            ),
          )}
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
      {result && model === 'adapter' && (
        <p className={style.answerFigures}>{words.some((word) => word.isChanged) ? text.marked : text.same}</p>
      )}
    </article>
  )

  function emptyText(): string {
    if (model === 'base') return text.baseEmpty
    if (!hasAdapter) return text.adapterMissing
    return writing === 'base' ? text.waiting : text.adapterEmpty
  }
}
