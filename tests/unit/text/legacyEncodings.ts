// Text in the two-byte encodings of East Asia and in Windows-1252, for tests: the platform only decodes them,
// so its decoder is asked what each pair of bytes means.

const tables = new Map<string, Map<string, readonly number[]>>()

export function encodeAs(encoding: 'euc-kr' | 'gbk' | 'big5' | 'euc-jp' | 'shift_jis' | 'windows-1252', text: string) {
  const table = tables.get(encoding) ?? tableOf(encoding)
  tables.set(encoding, table)
  const bytes = Array.from(text).flatMap((character) => {
    if (character < '\x80') return [character.charCodeAt(0)]
    const pair = table.get(character)
    if (!pair) throw new Error(`${encoding} has no ${character}`)
    return [...pair]
  })
  return Uint8Array.from(bytes)
}

function tableOf(encoding: string): Map<string, readonly number[]> {
  const decoder = new TextDecoder(encoding)
  const table = new Map<string, readonly number[]>()
  for (let first = 0x80; first < 0x100; first++) {
    const single = decoder.decode(Uint8Array.of(first))
    if (single !== '\ufffd' && !table.has(single)) table.set(single, [first])
    for (let second = 0x40; second < 0x100; second++) {
      const character = decoder.decode(Uint8Array.of(first, second))
      if (Array.from(character).length === 1 && character !== '\ufffd' && !table.has(character)) {
        table.set(character, [first, second])
      }
    }
  }
  return table
}
