// How text is cut into pieces before any merging: our own patterns for the families we know.
//
// A pattern of a file is never run, since a stranger's can hang the page. Its source is looked up here and
// ours is run instead. \s of the reference (Oniguruma) is the Unicode property White_Space, while
// JavaScript's \s takes U+FEFF in and leaves U+0085 out, so the property is named. (?i:...) folds the long s
// (U+017F) onto s, as the reference does.

/** Radford et al. 2019; what a pre-tokenizer called ByteLevel does by itself. */
export const gpt2Pattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

/** Each digit by itself, and what stands between digits. */
export const digitsPattern = /\p{N}|\P{N}+/gu

const llama3Pattern =
  /'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

const qwen2Pattern =
  /'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

const knownPatterns: ReadonlyMap<string, RegExp> = new Map([
  [String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, gpt2Pattern],
  [
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    llama3Pattern,
  ],
  [
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    qwen2Pattern,
  ],
])

/** Our pattern for the source a file gives; undefined for one we do not know. */
export function patternOf(source: string): RegExp | undefined {
  return knownPatterns.get(source)
}
