import { Button } from '../../components/Button'
import { Figure, Figures } from '../../components/Figure'
import { Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import type { AdapterInfo } from '../../engine/api'
import { currentOf, useAdapter } from '../../stores/adapter'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shelfTexts } from './shelfTexts'
import { shareTexts } from './texts'

/** What the adapter is and whose it is. */
export function AdapterCard({ info }: { readonly info: AdapterInfo }) {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const shelf = useTexts(shelfTexts)
  const kept = useAdapter((adapter) => currentOf(adapter.shelf))
  const strength = info.alpha / (info.usesRsLora ? Math.sqrt(info.rank) : info.rank)
  return (
    <Section
      title={text.card}
      tools={
        <Button kind="quiet" onClick={() => void useAdapter.getState().choose(null)}>
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
        {kept && shelf.origins(kept.origin, kept.name)} {info.matchesBaseHash && text.matchesHash}
        {info.notes.length > 0 && ` ${text.ignored(info.notes.join(', '))}`}
      </p>
      {!info.matchesBaseHash && (
        <Notice kind="warning" title={info.baseSha256 === null ? text.matchesShapes : shelf.otherHash} />
      )}
      {kept && !kept.isStored && <Notice kind="note" title={shelf.notStored} />}
      {!info.hasEffect && <Notice kind="wrong" title={text.noEffect} />}
    </Section>
  )
}
