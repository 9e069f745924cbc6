// A weighted sum of two kept adapters, as a new one.
import { useState } from 'react'
import { toAppError, type AppError } from '../../base/errors'
import { Button } from '../../components/Button'
import { Knob } from '../../components/Knob'
import { ErrorNotice } from '../../components/Notice'
import type { KeptAdapter } from '../../engine/api'
import { useAdapter } from '../../stores/adapter'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shelfTexts } from './shelfTexts'

interface Term {
  readonly id: string
  readonly weight: number
}

export function CombineForm({ adapters }: { readonly adapters: readonly KeptAdapter[] }) {
  const text = useTexts(shelfTexts)
  const format = useFormat()
  const [chosen, setChosen] = useState<readonly Term[]>([])
  const [state, setState] = useState<'ready' | 'making' | AppError>('ready')
  // Until somebody chooses, the newest two; what was deleted meanwhile counts no more.
  const terms = [0, 1].map((index): Term => {
    const term = chosen[index]
    const isKept = adapters.some(({ id }) => id === term?.id)
    return { id: (isKept ? term?.id : adapters[index]?.id) ?? '', weight: term?.weight ?? 0.5 }
  })
  const picked = terms.map(({ id }) => adapters.find((adapter) => adapter.id === id))
  const rank = picked.reduce((sum, one) => sum + (one?.info.rank ?? 0), 0)
  const change = (index: number, part: Partial<Term>) => {
    setChosen(terms.map((term, at) => (at === index ? { ...term, ...part } : term)))
  }
  const make = async () => {
    setState('making')
    try {
      const [first = '', second = ''] = terms.map(
        ({ weight }, at) => `${format.rough(weight)} × ${picked[at]?.name ?? ''}`,
      )
      await useAdapter.getState().combine({ name: text.sumName(first, second), terms })
      setState('ready')
    } catch (thrown) {
      setState(toAppError(thrown))
    }
  }
  return (
    <details className={style.combine}>
      <summary>{text.combine}</summary>
      <form
        className={style.combineForm}
        onSubmit={(event) => {
          event.preventDefault()
          void make()
        }}
      >
        <p className={style.quiet}>{text.combineNote}</p>
        <div className={style.terms}>
          {terms.map((term, index) => (
            <fieldset key={index === 0 ? 'first' : 'second'} className={style.term}>
              <legend>{index === 0 ? text.first : text.second}</legend>
              <select
                aria-label={index === 0 ? text.first : text.second}
                value={term.id}
                onChange={(event) => change(index, { id: event.target.value })}
              >
                {adapters.map(({ id, name, keptAt }) => (
                  <option key={id} value={id}>
                    {name}, {format.moment(keptAt)}
                  </option>
                ))}
              </select>
              <Knob
                label={text.weight}
                name={text.weightOf(picked[index]?.name ?? '')}
                value={term.weight}
                least={-2}
                most={2}
                step={0.1}
                onChange={(weight) => change(index, { weight })}
              />
            </fieldset>
          ))}
        </div>
        <div className={style.merge}>
          <span className={style.quiet}>{text.sumOfRanks(format.count(rank))}</span>
          <Button type="submit" isBusy={state === 'making'}>
            {text.makeSum}
          </Button>
        </div>
        {typeof state === 'object' && <ErrorNotice error={state} />}
      </form>
    </details>
  )
}
