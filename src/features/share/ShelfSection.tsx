// The adapters of the open model that are kept in this browser: which one answers, what each is called.
import { useId, useState } from 'react'
import { Button } from '../../components/Button'
import { Empty, Section } from '../../components/Place'
import { useQuestion } from '../../components/useQuestion'
import type { KeptAdapter } from '../../engine/api'
import { useAdapter } from '../../stores/adapter'
import { useModel } from '../../stores/model'
import { useNotices } from '../../stores/notices'
import { isAlive, useRun } from '../../stores/run'
import { useFormat, useTexts } from '../../strings/useTexts'
import { CombineForm } from './CombineForm'
import style from './Share.module.css'
import { shelfTexts } from './shelfTexts'

export function ShelfSection() {
  const text = useTexts(shelfTexts)
  const { adapters, currentId } = useAdapter((adapter) => adapter.shelf)
  const model = useModel(({ state }) => state.name)
  const isRunning = useRun((run) => isAlive(run.state))
  const group = useId()
  if (isRunning) return null
  if (model !== 'ready') {
    const open = () => void useModel.getState().load().catch(useNotices.getState().report)
    const action = (
      <Button isBusy={model === 'loading'} onClick={open}>
        {text.openModel}
      </Button>
    )
    return (
      <Section title={text.title}>
        <Empty action={action}>{text.closed}</Empty>
      </Section>
    )
  }
  if (adapters.length === 0) return null
  return (
    <Section title={text.title} note={text.note}>
      <ul className={style.rows}>
        {adapters.map((kept) => (
          <KeptRow key={kept.id} kept={kept} group={group} isCurrent={kept.id === currentId} />
        ))}
      </ul>
      {adapters.length > 1 && <CombineForm adapters={adapters} />}
    </Section>
  )
}

interface RowProps {
  readonly kept: KeptAdapter
  /** The name of the radio buttons that belong together. */
  readonly group: string
  readonly isCurrent: boolean
}

function KeptRow({ kept, group, isCurrent }: RowProps) {
  const text = useTexts(shelfTexts)
  const { id, name } = kept
  const { choose, rename, remove } = useAdapter.getState()
  const [newName, setNewName] = useState<string | null>(null)
  const { ask, question } = useQuestion({
    title: text.removeTitle(name),
    body: text.removeBody,
    yes: text.removeYes,
    no: text.removeNo,
    onYes: () => void remove(id),
  })
  return (
    <li className={style.kept} data-current={isCurrent}>
      <label className={style.keptName}>
        <input
          type="radio"
          name={group}
          aria-label={text.choose(name)}
          checked={isCurrent}
          onChange={() => void choose(id)}
        />
        <span>{name}</span>
      </label>
      <Facts kept={kept} />
      {newName === null ? (
        <div className={style.keptActions}>
          <Button kind="quiet" aria-label={text.renameOne(name)} onClick={() => setNewName(name)}>
            {text.rename}
          </Button>
          <Button kind="quiet" aria-label={text.removeOne(name)} onClick={ask}>
            {text.remove}
          </Button>
        </div>
      ) : (
        <form
          className={style.rename}
          onSubmit={(event) => {
            event.preventDefault()
            setNewName(null)
            void rename(id, newName)
          }}
        >
          <input
            type="text"
            aria-label={text.newName}
            value={newName}
            maxLength={120}
            onChange={(event) => setNewName(event.target.value)}
          />
          <Button type="submit" disabled={newName.trim() === ''}>
            {text.save}
          </Button>
          <Button kind="quiet" onClick={() => setNewName(null)}>
            {text.cancel}
          </Button>
        </form>
      )}
      {question}
    </li>
  )
}

/** How it came here and when, its rank, its size, its base, and whether it does anything. */
function Facts({ kept: { origin, keptAt, isStored, sizeBytes, info } }: { readonly kept: KeptAdapter }) {
  const text = useTexts(shelfTexts)
  const format = useFormat()
  const base = info.matchesBaseHash ? text.thisBase : info.baseSha256 === null ? text.fitsBase : text.otherBase
  const facts = [
    `${text.kinds(origin)} ${format.moment(keptAt)}`,
    text.rank(format.count(info.rank)),
    format.bytes(sizeBytes),
    base,
    ...(info.hasEffect ? [] : [text.noEffect]),
    ...(isStored ? [] : [text.tabOnly]),
  ]
  return <span className={style.keptFacts}>{facts.join(' · ')}</span>
}
