import { useState } from 'react'
import { Button } from '../../components/Button'
import { Section } from '../../components/Place'
import { useDataset } from '../../stores/dataset'
import { columnRoles, isComplete, roleOfColumn, withRole, type ColumnRole } from '../../text/corpus/columns'
import type { ColumnMapping, CorpusColumn } from '../../text/types'
import { useTexts } from '../../strings/useTexts'
import style from './Columns.module.css'
import { dataTexts } from './texts'

const roleTexts = {
  none: 'roleNone',
  text: 'roleText',
  prompt: 'rolePrompt',
  input: 'roleInput',
  completion: 'roleCompletion',
  messages: 'roleMessages',
} as const satisfies Record<ColumnRole, string>

const nothingMapped: ColumnMapping = { kind: 'text', text: '' }

export interface ColumnsProps {
  readonly columns: readonly CorpusColumn[]
  /** What the rows are read by now; null when no row could be read. */
  readonly mapping: ColumnMapping | null
}

/** The columns of a table, each with its role, which can be changed. */
export function Columns({ columns, mapping }: ColumnsProps) {
  const texts = useTexts(dataTexts)
  const asked = useDataset((store) => store.mapping)
  const setMapping = useDataset((store) => store.setMapping)
  // A choice that is not finished stays here: a prompt needs its answer before rows can be read by it.
  const [unfinished, setUnfinished] = useState<ColumnMapping | null>(null)
  const shown = unfinished ?? asked ?? mapping ?? nothingMapped
  const choose = (column: string, role: ColumnRole) => {
    const changed = withRole(shown, column, role)
    setUnfinished(isComplete(changed) ? null : changed)
    if (isComplete(changed)) setMapping(changed)
  }
  const guessed = (
    <Button
      kind="quiet"
      onClick={() => {
        setUnfinished(null)
        setMapping(null)
      }}
    >
      {texts.columnsByName}
    </Button>
  )
  return (
    <Section
      title={texts.columnsTitle}
      note={asked ? texts.columnsNoteChosen : mapping ? texts.columnsNote : texts.columnsNoteUnknown}
      tools={asked && guessed}
    >
      <table className={style.columns}>
        <thead>
          <tr>
            <th>{texts.columnName}</th>
            <th>{texts.columnRole}</th>
            <th>{texts.columnExample}</th>
          </tr>
        </thead>
        <tbody>
          {columns.map(({ name, example }) => (
            <tr key={name} data-is-used={roleOfColumn(shown, name) !== 'none' || undefined}>
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
              <td>
                <select
                  aria-label={texts.roleOf(name)}
                  value={roleOfColumn(shown, name)}
                  onChange={(event) => choose(name, event.target.value as ColumnRole)} // one of the options below
                >
                  {columnRoles.map((role) => (
                    <option key={role} value={role}>
                      {texts[roleTexts[role]]}
                    </option>
                  ))}
                </select>
              </td>
              <td className={style.example}>
                <bdi>{example}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {unfinished && (
        <output className={style.open}>
          {shown.kind === 'prompt-completion' ? texts.columnsUnfinishedPair : texts.columnsUnfinished}
        </output>
      )}
    </Section>
  )
}
