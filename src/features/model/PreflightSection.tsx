// What may be wrong with the run, said before a minute is lost.
import { Section } from '../../components/Place'
import { useCapability } from '../../stores/capability'
import { useDataset } from '../../stores/dataset'
import { useModel } from '../../stores/model'
import { useSettings } from '../../stores/settings'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Model.module.css'
import { preflight, type Finding } from './preflight'
import { modelTexts } from './texts'

export function PreflightSection() {
  const text = useTexts(modelTexts)
  const terms = useTexts(termTexts)
  const settings = useSettings((store) => store.settings)
  const estimate = useSettings((store) => (store.estimate.name === 'ready' ? store.estimate.estimate : null))
  const corpus = useDataset(({ state }) => (state.name === 'ready' ? state.corpus : null))
  const model = useModel(({ state }) => (state.name === 'ready' ? state.info : null))
  const device = useCapability(({ state }) => (state.name === 'ready' ? state.device : null))
  const findings = preflight({ settings, estimate, corpus, model, device })
  const sentence = useSentence()
  return (
    <Section title={text.preflight} note={text.preflightNote}>
      <ul className={style.findings}>
        {findings.map((finding) => (
          <li key={finding.id} className={style.finding}>
            <span className={`${style.kind} ${style[finding.kind]}`}>{terms[finding.kind]}</span>
            <span>{sentence(finding)}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function useSentence(): (finding: Finding) => string {
  const text = useTexts(modelTexts)
  const { count, bytes, rough } = useFormat()
  return (finding) => {
    switch (finding.id) {
      case 'no-text':
        return text.noText
      case 'no-targets':
        return text.noTargets
      case 'no-validation':
        return text.noValidation
      case 'software':
        return text.software
      case 'warmup-whole-run':
        return text.warmupWholeRun
      case 'steps-few':
        return text.stepsFew(count(finding.steps))
      case 'steps-enough':
        return text.stepsEnough(count(finding.steps))
      case 'corpus-small':
        return text.corpusSmall(count(finding.tokens))
      case 'corpus-enough':
        return text.corpusEnough(count(finding.tokens))
      case 'sequence-longer-than-text':
        return text.sequenceTooLongForText(count(finding.sequenceLength), count(finding.longest))
      case 'sequence-longer-than-model':
        return text.sequenceTooLongForModel(count(finding.sequenceLength), count(finding.longest))
      case 'batch-large':
        return text.batchLarge(count(finding.sequences))
      case 'tokens-per-step':
        return text.tokensPerStepFinding(count(finding.tokens), rough(finding.epochs))
      case 'many-epochs':
        return text.manyEpochs(rough(finding.epochs))
      case 'buffer-too-large':
        return text.bufferTooLarge(bytes(finding.bytes), bytes(finding.limitBytes))
      case 'buffer-fits':
        return text.bufferFits(bytes(finding.bytes), bytes(finding.limitBytes))
      default:
        return finding satisfies never
    }
  }
}
