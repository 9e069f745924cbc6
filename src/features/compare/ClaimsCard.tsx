import type { MeasuredCells } from '../../stores/comparedCells'
import { useFormat, useTexts } from '../../strings/useTexts'
import { claimsOf, type Claim } from './claims'
import style from './Compare.module.css'
import { compareTexts } from './texts'

interface Props {
  readonly cells: MeasuredCells
  readonly adapterShare: number | null
}

/** What people read about int8 and LoRA, claim by claim, with the answer of this device. */
export function ClaimsCard({ cells, adapterShare }: Props) {
  const text = useTexts(compareTexts)
  const answer = useAnswer()
  return (
    <div className={style.claims}>
      <h3>{text.claims}</h3>
      <dl className={style.claimList}>
        {claimsOf(cells, adapterShare).map((claim) => (
          <div key={claim.id} className={style.claim}>
            <dt>{text.claimTitles(claim.id)}</dt>
            <dd data-state={claim.state}>
              <strong>{text.claimStates(claim.state)}</strong> {answer(claim)}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

function useAnswer(): (claim: Claim) => string {
  const text = useTexts(compareTexts)
  const format = useFormat()
  return ({ id, figure }) => {
    if (figure === null) return id === 'parameters' ? text.claimNeedsAdapter : text.claimNeedsCells
    switch (id) {
      case 'size':
        return text.claimSize(format.percent(figure))
      case 'speed':
        return text.claimSpeed(format.significant(figure))
      case 'quality':
        return figure < 0 ? text.claimQualityLower(format.percent(-figure)) : text.claimQuality(format.percent(figure))
      case 'parameters':
        return text.claimParameters(format.percent(figure))
    }
  }
}
