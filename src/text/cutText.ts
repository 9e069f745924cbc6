// Long text in parts.

/**
 * Parts of at most `length` UTF-16 units (two or more), none ending inside a surrogate pair. With `atSpaces`
 * a part ends before the last space of its second half, where there is one, and that space is dropped.
 */
export function cutText(text: string, length: number, { atSpaces = false } = {}): string[] {
  const parts: string[] = []
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + length, text.length)
    let next = end
    if (end < text.length) {
      const space = atSpaces ? text.slice(start, end).lastIndexOf(' ') : -1
      if (space > length / 2) {
        end = start + space
        next = end + 1
      } else if (isHighSurrogate(text.charCodeAt(end - 1))) {
        end--
        next = end
      }
    }
    parts.push(text.slice(start, end))
    start = next
  }
  return parts
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}
