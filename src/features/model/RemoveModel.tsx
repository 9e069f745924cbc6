import { useRef } from 'react'
import { Button } from '../../components/Button'
import { useHub, type StoredModel } from '../../stores/hub'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './HubModels.module.css'
import { hubTexts } from './hubTexts'

/** Deleting gigabytes that took an hour to come is asked about once. */
export function RemoveModel({ model }: { readonly model: StoredModel }) {
  const text = useTexts(hubTexts)
  const format = useFormat()
  const question = useRef<HTMLDialogElement>(null)
  const titleId = `remove-${model.key}`
  return (
    <>
      <Button kind="quiet" aria-label={`${text.remove}: ${model.id}`} onClick={() => question.current?.showModal()}>
        {text.remove}
      </Button>
      <dialog ref={question} aria-labelledby={titleId}>
        <div className={style.question}>
          <h2 id={titleId}>{text.removeTitle(model.id)}</h2>
          <p>{text.removeBody(format.bytes(model.storedBytes))}</p>
          <div className={style.actions}>
            <Button kind="main" onClick={() => void useHub.getState().remove(model.key)}>
              {text.removeYes}
            </Button>
            <Button onClick={() => question.current?.close()}>{text.removeNo}</Button>
          </div>
        </div>
      </dialog>
    </>
  )
}
