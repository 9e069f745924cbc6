import { useId, useState, type ReactNode } from 'react'
import style from './FileDrop.module.css'

export interface FileDropProps {
  /** What to drop here, in a few words. */
  readonly title: ReactNode
  /** Which kinds of file, and that they stay here. */
  readonly hint?: ReactNode
  /** The words of the button that opens the chooser. */
  readonly choose: string
  /** As for <input accept>. */
  readonly accept?: string
  readonly isMultiple?: boolean
  readonly isCompact?: boolean
  readonly onFiles: (files: readonly File[]) => void
}

/** A place to drop files, and a button for those who would rather choose. */
export function FileDrop({
  title,
  hint,
  choose,
  accept,
  isMultiple = true,
  isCompact = false,
  onFiles,
}: FileDropProps) {
  const id = useId()
  const [isOver, setIsOver] = useState(false)
  return (
    <div
      className={[style.drop, isOver ? style.over : '', isCompact ? style.compact : ''].join(' ')}
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        event.stopPropagation() // the whole page takes drops too
        setIsOver(false)
        if (event.dataTransfer.files.length > 0) onFiles([...event.dataTransfer.files])
      }}
    >
      <div className={style.words}>
        <p className={style.title}>{title}</p>
        {hint && <p className={style.hint}>{hint}</p>}
      </div>
      <div className={style.choose}>
        <input
          id={id}
          className={style.input}
          type="file"
          accept={accept}
          multiple={isMultiple}
          onChange={(event) => {
            const files = [...(event.target.files ?? [])]
            event.target.value = '' // the same file again is a choice, too
            if (files.length > 0) onFiles(files)
          }}
        />
        <label htmlFor={id} className={style.button}>
          {choose}
        </label>
      </div>
    </div>
  )
}
