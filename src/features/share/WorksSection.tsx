import { Section } from '../../components/Place'
import { useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

/** Where the files work, as far as anyone has tried. Nothing is called tested that was not. */
export function WorksSection({ isVerified }: { readonly isVerified: boolean }) {
  const text = useTexts(shareTexts)
  const rows = [
    { where: text.worksHere, note: text.worksHereNote, state: isVerified ? 'tested' : 'byFormat' },
    { where: text.worksPeft, note: text.worksPeftNote, state: 'tested' },
    { where: text.worksMerged, note: text.worksMergedNote, state: 'tested' },
    { where: text.worksMergedGguf, note: text.worksMergedGgufNote, state: 'tested' },
    { where: text.worksOnnx, note: text.worksOnnxNote, state: 'tested' },
    { where: text.worksVllm, note: text.worksVllmNote, state: 'byFormat' },
    { where: text.worksGguf, note: text.worksGgufNote, state: 'tested' },
    { where: text.worksMlx, note: text.worksMlxNote, state: 'byFormat' },
    { where: text.worksOllama, note: text.worksOllamaNote, state: 'byFormat' },
  ] as const
  return (
    <Section title={text.works}>
      <ul className={style.rows}>
        {rows.map(({ where, note, state }) => (
          <li key={where} className={style.works}>
            <strong>{where}</strong>
            <span className={style.quiet}>{note}</span>
            <span className={style[state]}>{text[state]}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
