// A look at the first documents of a sample corpus. The real reader is src/text; this one only shows
// files that we wrote ourselves.

export interface FirstDocument {
  readonly prompt: string
  readonly text: string
}

/** About as much as a column of a page holds. */
const MOST_CHARACTERS = 560

export function firstLines(text: string, kind: string): FirstDocument[] {
  const documents =
    kind === 'text'
      ? text.split(/\n\s*\n/).map((one) => ({ prompt: '', text: one.trim() }))
      : text.split('\n').flatMap(readRow)
  const shown: FirstDocument[] = []
  let room = MOST_CHARACTERS
  for (const document of documents) {
    if (document.text === '') continue
    const length = document.prompt.length + document.text.length
    if (shown.length > 0 && length > room) break
    shown.push(length > room ? { ...document, text: cutAtWord(document.text, room) } : document)
    room -= length
  }
  return shown
}

function readRow(line: string): FirstDocument[] {
  try {
    const row = JSON.parse(line) as { prompt?: string; completion?: string }
    return [{ prompt: row.prompt ?? '', text: row.completion ?? '' }]
  } catch {
    return []
  }
}

function cutAtWord(text: string, length: number): string {
  return `${text.slice(0, Math.max(0, text.lastIndexOf(' ', length)))} …`
}
