import { useId, useState, type ReactNode } from 'react'
import { filesOfDrop } from './droppedFiles'
import style from './FileDrop.module.css'

export interface FileDropProps {
  /** What to drop here, in a few words. */
  readonly title: ReactNode
  /** Which kinds of file, and that they stay here. */
  readonly hint?: ReactNode
  /** The words of the button that opens the chooser. */
  readonly choose: string
  /** The words of a second button, which opens the chooser for a folder; none without. */
  readonly chooseFolder?: string
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
  chooseFolder,
  accept,
  isMultiple = true,
  isCompact = false,
  onFiles,
}: FileDropProps) {
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
        if (event.dataTransfer.files.length > 0) void filesOfDrop(event.dataTransfer).then(onFiles)
      }}
    >
      <div className={style.words}>
        <p className={style.title}>{title}</p>
        {hint && <p className={style.hint}>{hint}</p>}
      </div>
      <div className={style.buttons}>
        <Chooser words={choose} accept={accept} isMultiple={isMultiple} onFiles={onFiles} />
        {chooseFolder && <Chooser words={chooseFolder} isFolder onFiles={onFiles} />}
      </div>
    </div>
  )
}

interface ChooserProps {
  readonly words: string
  readonly accept?: string | undefined
  readonly isMultiple?: boolean
  readonly isFolder?: boolean
  readonly onFiles: (files: readonly File[]) => void
}

function Chooser({ words, accept, isMultiple = true, isFolder = false, onFiles }: ChooserProps) {
  const id = useId()
  return (
    <div className={style.choose}>
      <input
        id={id}
        className={style.input}
        type="file"
        accept={accept}
        multiple={isMultiple}
        {...(isFolder ? { webkitdirectory: '' } : {})}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          event.target.value = '' // the same file again is a choice, too
          if (files.length > 0) onFiles(files)
        }}
      />
      <label htmlFor={id} className={style.button}>
        {words}
      </label>
    </div>
  )
}
