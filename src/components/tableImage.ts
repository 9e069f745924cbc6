// A table as a PNG, as it stands on the page, with sentences below it. Drawn text by text: an image of the page itself
// is not to be had.
import { pngOf } from './charts/chartImage'

export interface TableImage {
  readonly table: HTMLTableElement
  readonly caption: string
  readonly sentences: readonly string[]
}

/** Two device pixels for each CSS pixel: sharp in a document. */
const SCALE = 2
const MARGIN = 32
const CAPTION_HEIGHT = 44
const LINE_HEIGHT = 24
const SENTENCE_FONT = '400 15px system-ui, sans-serif'

/** What stands in a cell and is no control. */
interface Line {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly font: string
  readonly colour: string
}

export async function tableImage({ table, caption, sentences }: TableImage): Promise<Blob> {
  const frame = table.getBoundingClientRect()
  const width = frame.width + 2 * MARGIN
  const canvas = document.createElement('canvas')
  const measuring = context(canvas)
  measuring.font = SENTENCE_FONT
  const wrapped = sentences.flatMap((sentence) => wrap(measuring, sentence, frame.width))
  const tableTop = MARGIN + CAPTION_HEIGHT
  const height = tableTop + frame.height + MARGIN + wrapped.length * LINE_HEIGHT + MARGIN
  canvas.width = width * SCALE
  canvas.height = height * SCALE
  const drawing = context(canvas)
  drawing.scale(SCALE, SCALE)
  drawing.textBaseline = 'top'
  const { backgroundColor, color } = getComputedStyle(document.documentElement)
  drawing.fillStyle = backgroundColor
  drawing.fillRect(0, 0, width, height)
  drawing.fillStyle = color
  drawing.font = '600 18px system-ui, sans-serif'
  drawing.fillText(caption, MARGIN, MARGIN)

  drawing.save()
  drawing.translate(MARGIN - frame.left, tableTop - frame.top)
  for (const row of table.rows) {
    const { left, right, bottom } = row.getBoundingClientRect()
    drawing.fillStyle = getComputedStyle(row.cells[0] ?? row).borderBottomColor
    drawing.fillRect(left, bottom - 1, right - left, 1)
    for (const line of linesOf(row)) {
      drawing.font = line.font
      drawing.fillStyle = line.colour
      drawing.fillText(line.text, line.x, line.y)
    }
  }
  drawing.restore()

  drawing.font = SENTENCE_FONT
  drawing.fillStyle = color
  for (const [index, line] of wrapped.entries()) {
    drawing.fillText(line, MARGIN, tableTop + frame.height + MARGIN + index * LINE_HEIGHT)
  }
  return pngOf(canvas)
}

/** Every text of a row where the browser put it, line by line. */
function linesOf(row: HTMLTableRowElement): Line[] {
  const lines: Line[] = []
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement
    if (!parent || parent.closest('button, .unseen')) continue
    const { fontWeight, fontSize, color } = getComputedStyle(parent)
    const font = `${fontWeight} ${fontSize} system-ui, sans-serif`
    let line = { text: '', x: 0, y: Number.NaN }
    const end = () => {
      if (line.text.trim()) lines.push({ ...line, font, colour: color })
    }
    const text = node.textContent ?? ''
    for (let i = 0; i < text.length; i++) {
      const range = document.createRange()
      range.setStart(node, i)
      range.setEnd(node, i + 1)
      const place = range.getClientRects()[0]
      if (!place) continue
      if (place.top !== line.y) {
        end()
        line = { text: '', x: place.left, y: place.top }
      }
      line.text += text[i] ?? ''
    }
    end()
  }
  return lines
}

function wrap(drawing: CanvasRenderingContext2D, sentence: string, width: number): string[] {
  const lines: string[] = []
  for (const word of sentence.split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim()
    if (lines.length > 0 && drawing.measureText(longer).width <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const drawing = canvas.getContext('2d')
  if (!drawing) throw new Error('no 2d canvas')
  return drawing
}
