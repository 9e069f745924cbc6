// Byte-level tokenizers write each byte as one visible character (Radford et al. 2019, GPT-2's
// `bytes_to_unicode`): printable Latin-1 stays, the 68 others move to U+0100 and up, so a space is Ġ.

/** byteCharacters[byte] is the character that stands for it. */
export const byteCharacters: readonly string[] = makeByteCharacters()

const byteOf: ReadonlyMap<string, number> = new Map(byteCharacters.map((character, byte) => [character, byte]))

/** The bytes a token of a byte-level vocabulary stands for; undefined when it has a foreign character. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes: number[] = []
  for (const character of token) {
    const byte = byteOf.get(character)
    if (byte === undefined) return undefined
    bytes.push(byte)
  }
  return Uint8Array.from(bytes)
}

function makeByteCharacters(): string[] {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad)
    return String.fromCharCode(isPrintable ? byte : next++)
  })
}
