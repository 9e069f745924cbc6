import { Button } from '../../components/Button'
import { Figure, Figures } from '../../components/Figure'
import { Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import type { AdapterInfo } from '../../engine/api'
import { useAdapter } from '../../stores/adapter'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

/** What the adapter is and whose it is. */
export function AdapterCard({ info }: { readonly info: AdapterInfo }) {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const openedFrom = useAdapter((adapter) => adapter.openedFrom)
  const strength = info.alpha / (info.usesRsLora ? Math.sqrt(info.rank) : info.rank)
  return (
    <Section
      title={text.card}
      tools={
        <Button kind="quiet" onClick={() => void useAdapter.getState().drop()}>
          {text.setAside}
        </Button>
      }
    >
      <Figures>
        <Figure label={text.base} value={<span className={style.word}>{info.baseModel}</span>} />
        <Figure label={text.rank} value={format.count(info.rank)} />
        <Figure
          label={text.alpha}
          value={format.significant(info.alpha)}
          unit={text.strength(format.rough(strength))}
        />
        <Figure label={text.parameters} value={format.count(info.parameters)} />
        <Figure
          label={text.targets}
          value={<span className={style.word}>{info.targets.map((name) => name.replace('_proj', '')).join(' ')}</span>}
        />
      </Figures>
      <p className={style.quiet}>
        {openedFrom.length > 0 ? text.openedFrom(openedFrom.join(', ')) : text.trainedHere}{' '}
        {info.matchesBaseHash && text.matchesHash}
        {info.notes.length > 0 && ` ${text.ignored(info.notes.join(', '))}`}
      </p>
      {!info.matchesBaseHash && <Notice kind="warning" title={text.matchesShapes} />}
      {!info.hasEffect && <Notice kind="wrong" title={text.noEffect} />}
    </Section>
  )
}
