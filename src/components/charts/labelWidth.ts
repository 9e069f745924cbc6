// About how wide a label of 12 px will be, before it is drawn: enough to reserve a margin. Hangul is square,
// Latin and figures are about half as wide.
export function labelWidth(text: string): number {
  let width = 0
  for (const character of text) width += /[ᄀ-ᇿ㄰-㆏가-힣]/.test(character) ? 11.5 : 6.6
  return Math.ceil(width)
}
