import { Fragment } from 'react'
import { useTexts } from '../../strings/useTexts'
import style from './Template.module.css'
import { dataTexts } from './texts'

/** How a row becomes one string, on demand: what the template writes, and where a person's text goes. */
export function Template({ template }: { readonly template: string }) {
  const texts = useTexts(dataTexts)
  return (
    <details className={style.template}>
      <summary>{texts.templateTitle}</summary>
      <p>{texts.templateNote}</p>
      <pre className={style.string}>
        {template.split(/(\{[a-z]+\}|<[|/]?[a-z_]+\|?>)/).map((part, index) => (
          // The parts of one string never change places.
          // oxlint-disable-next-line react/no-array-index-key
          <Fragment key={index}>
            {part.startsWith('{') ? (
              <mark className={style.place}>{part}</mark>
            ) : part.startsWith('<') ? (
              <span className={style.special}>{part}</span>
            ) : (
              part.replaceAll('\n', '↵\n')
            )}
          </Fragment>
        ))}
      </pre>
    </details>
  )
}
