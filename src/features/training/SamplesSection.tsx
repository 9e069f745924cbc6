// The pinned prompts, answered as the model learns: newest first, the base's answer last.
import { memo, useMemo } from 'react'
import { Empty, Section } from '../../components/Place'
import type { PromptSample } from '../../engine/api'
import { isAlive, pinnedPrompts, useRun } from '../../stores/run'
import { runHistory } from '../../stores/runHistory'
import { useDataset } from '../../stores/dataset'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Training.module.css'
import { trainingTexts } from './texts'

export function SamplesSection() {
  const text = useTexts(trainingTexts)
  const isBusy = useRun((run) => isAlive(run.state))
  useRun((run) => run.version)
  const count = runHistory.samples.length
  const byPrompt = useMemo(() => groupByPrompt(runHistory.samples.slice(0, count)), [count])
  return (
    <Section title={text.samples} note={text.samplesNote}>
      {byPrompt.size > 0 ? (
        <div className={style.prompts}>
          {[...byPrompt].map(([prompt, samples]) => (
            <PromptAnswers key={prompt} prompt={prompt} samples={samples} />
          ))}
        </div>
      ) : (
        <Empty>{text.samplesEmpty}</Empty>
      )}
      {!isBusy && <PinnedPrompts />}
    </Section>
  )
}

function groupByPrompt(samples: readonly PromptSample[]): Map<string, PromptSample[]> {
  const byPrompt = new Map<string, PromptSample[]>()
  for (const sample of samples) {
    const known = byPrompt.get(sample.prompt)
    if (known) known.push(sample)
    else byPrompt.set(sample.prompt, [sample])
  }
  return byPrompt
}

interface PromptAnswersProps {
  readonly prompt: string
  readonly samples: readonly PromptSample[]
}

const PromptAnswers = memo(function PromptAnswers({ prompt, samples }: PromptAnswersProps) {
  const text = useTexts(trainingTexts)
  const format = useFormat()
  const learned = samples.filter(({ step }) => step > 0).toReversed()
  const base = samples.find(({ step }) => step === 0)
  const [newest, ...between] = learned
  return (
    <article className={style.prompt}>
      <h3 className={style.promptText}>{prompt}</h3>
      {newest && <AnswerText sample={newest} />}
      {between.length > 0 && (
        <details className={style.between}>
          <summary>{text.between(format.count(between.length))}</summary>
          {between.map((sample) => (
            <AnswerText key={sample.step} sample={sample} />
          ))}
        </details>
      )}
      {base && <AnswerText sample={base} />}
    </article>
  )
})

function AnswerText({ sample }: { readonly sample: PromptSample }) {
  const text = useTexts(trainingTexts)
  const format = useFormat()
  const isBase = sample.step === 0
  return (
    <div className={`${style.answer} ${isBase ? style.base : style.adapter}`}>
      <p className={style.answerStep}>{isBase ? text.baseAnswer : text.answerAt(format.count(sample.step))}</p>
      <p className="reading">{sample.text.trim() === '' ? text.emptyAnswer : sample.text.trim()}</p>
    </div>
  )
}

const PROMPT_COUNT = 3

/** Which prompts the next run will answer. */
function PinnedPrompts() {
  const text = useTexts(trainingTexts)
  const chosen = useRun((run) => run.pinnedPrompts)
  useDataset((dataset) => dataset.sampleId) // the suggestions come with the text
  const prompts = chosen ?? pinnedPrompts()
  const fields = Array.from({ length: PROMPT_COUNT }, (_, index) => prompts[index] ?? '')
  return (
    <details className={style.pinned}>
      <summary>{text.prompts}</summary>
      <p className={style.pinnedNote}>{text.promptsNote}</p>
      {fields.map((prompt, index) => (
        // The fields are three fixed places; nothing is ever moved between them.
        // oxlint-disable-next-line react/no-array-index-key
        <label key={index} className={style.pinnedField}>
          <span>{text.promptNumber(String(index + 1))}</span>
          <input
            type="text"
            value={prompt}
            maxLength={400}
            onChange={(event) =>
              useRun.getState().setPinnedPrompts(fields.map((old, at) => (at === index ? event.target.value : old)))
            }
          />
        </label>
      ))}
    </details>
  )
}
