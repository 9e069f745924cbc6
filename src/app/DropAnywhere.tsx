// Files dropped outside a drop zone: a model is chosen and opens Model, an adapter becomes the current one and
// opens Share, anything else is text to learn from and opens Data.
import { useEffect, useState } from 'react'
import { filesOfDrop } from '../components/droppedFiles'
import { takeDropped } from '../stores/takeDropped'
import { useTexts } from '../strings/useTexts'
import style from './DropAnywhere.module.css'
import { appTexts } from './texts'

export function DropAnywhere() {
  const texts = useTexts(appTexts)
  const [isOver, setIsOver] = useState(false)
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault() // or the browser would open the file and leave the page
      setIsOver(true)
    }
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false)
    }
    const drop = (event: DragEvent) => {
      setIsOver(false)
      if (event.defaultPrevented || !event.dataTransfer?.files.length) return
      event.preventDefault()
      void filesOfDrop(event.dataTransfer).then(takeDropped)
    }
    // A drop zone stops the event: the hint goes away all the same.
    const end = () => setIsOver(false)
    window.addEventListener('dragover', over)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
    window.addEventListener('drop', end, { capture: true })
    return () => {
      window.removeEventListener('dragover', over)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', drop)
      window.removeEventListener('drop', end, { capture: true })
    }
  }, [])
  return isOver ? <output className={style.hint}>{texts.dropAnything}</output> : null
}
