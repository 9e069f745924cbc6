// Whose weights stay frozen: the model that comes with the page, or one from a person's disk.
import { useState } from 'react'
import { Button } from '../../components/Button'
import { FileDrop } from '../../components/FileDrop'
import { ErrorNotice } from '../../components/Notice'
import { useModel } from '../../stores/model'
import { isAlive, useRun } from '../../stores/run'
import { useFormat, useTexts } from '../../strings/useTexts'
import { HubModels } from './HubModels'
import style from './Model.module.css'
import { modelTexts } from './texts'

export function BaseModel() {
  const text = useTexts(modelTexts)
  const { state, choice, embedded, takeFiles, takeEmbedded } = useModel()
  const [isOpen, setIsOpen] = useState(false)
  const isRunning = useRun((run) => isAlive(run.state))
  const name = choice === 'embedded' ? embedded.name : choice.name
  return (
    <section className={style.group} aria-labelledby="base-model">
      <h2 id="base-model">{text.base}</h2>
      <div>
        <p className={style.baseName}>{name}</p>
        <p className={style.groupNote}>
          <Facts />
        </p>
      </div>
      {choice !== 'embedded' && state.name === 'failed' && <ErrorNotice error={state.error} />}
      {choice !== 'embedded' && !isRunning && (
        <div>
          <Button kind="quiet" onClick={takeEmbedded}>
            {text.baseBack}
          </Button>
        </div>
      )}
      {!isRunning && (
        <details className={style.baseOther} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
          <summary>{text.baseOther}</summary>
          {isOpen && <HubModels />}
          <FileDrop
            title={text.baseDrop}
            hint={text.baseDropHint}
            choose={text.baseChoose}
            chooseFolder={text.baseChooseFolder}
            isCompact
            onFiles={takeFiles}
          />
        </details>
      )}
    </section>
  )
}

function Facts() {
  const text = useTexts(modelTexts)
  const format = useFormat()
  const { state, choice } = useModel()
  if (choice === 'embedded') return text.baseEmbedded
  if (state.name !== 'ready') return state.name === 'failed' ? null : text.baseLoading
  const { architecture, parameters, layers, maxTokens } = state.info
  return `${architecture}. ${text.baseOwn(format.short(parameters), format.count(layers), format.count(maxTokens))}`
}
