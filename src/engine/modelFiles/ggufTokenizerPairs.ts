// A tokenizer as llama.cpp reads it: the inverse of ggufTokenizer.ts. What is written is read back by that file and
// compared part by part, so that a tokenizer which GGUF cannot say is refused, and none is written nearly right.
// The numbers of kinds and the ids of pre-tokenizers are those of llama.cpp's src/llama-vocab.cpp.
import { AppError } from '../../base/errors'
import type { GgufEntry, GgufValue } from '../../formats/gguf'
import type { GgufPair } from '../../formats/ggufWriter'
import { byteCharacters } from '../../text/byteAlphabet'
import { byteTokens, tokenNamedIn, type TokenizerFile } from '../../text/tokenizerFile'
import { readTokenizerFiles, tokenizerFileOf, type TokenizerFiles } from '../../text/tokenizerFiles'
import { notInGguf } from './ggufConfigPairs'
import { MAX_TEMPLATE_CHARACTERS, tokenizerOfGguf } from './ggufTokenizer'

const kinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** As SentencePiece names it. */
const UNKNOWN_PIECE = '<unk>'

/** Of what is never the better half of a merge: single characters, and rows without a token. */
const NO_MERGE = -1_000_000

/**
 * rows: of the embedding. Those beyond the vocabulary get names of their own, since llama.cpp counts tokens.
 *
 * @throws AppError `share/not-in-gguf` naming what llama.cpp would read otherwise, `tokenizer/*`
 */
export function ggufTokenizerPairs(files: TokenizerFiles, rows: number): GgufPair[] {
  const file = tokenizerFileOf(files)
  const pairs = writePairs(file, files, rows)
  const difference = differenceFrom(file, pairs, rows)
  if (difference !== null) throw notInGguf(difference)
  return pairs
}

/** The pairs about a tokenizer of a file that was read, in the types that llama.cpp's reader expects. */
export function keptTokenizerPairs(metadata: ReadonlyMap<string, GgufValue>): GgufPair[] {
  return [...metadata].flatMap(([key, value]) => (key.startsWith('tokenizer.') ? keptPair(key, value) : []))
}

function keptPair(key: string, value: GgufValue): GgufPair[] {
  if (typeof value === 'string') return [{ key, kind: 'string', value }]
  if (typeof value === 'boolean') return [{ key, kind: 'bool', value }]
  // Ids; the format has no other whole numbers about tokenizers that llama.cpp reads for these models.
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? [{ key, kind: 'uint32', value }] : []
  if (value.every((one) => typeof one === 'string')) return [{ key, kind: 'strings', value }]
  if (!value.every((one) => typeof one === 'number')) return []
  if (key === 'tokenizer.ggml.scores') return [{ key, kind: 'float32s', value }]
  return key === 'tokenizer.ggml.token_type' ? [{ key, kind: 'int32s', value }] : []
}

function writePairs(file: TokenizerFile, files: TokenizerFiles, rows: number): GgufPair[] {
  const { bosToken, chatTemplates } = readTokenizerFiles(files)
  const pad = tokenNamedIn(files['tokenizer_config.json'], 'pad_token')
  const idOf = (token: string | null | undefined) => (token ? file.tokens.indexOf(token) : -1)
  const [template] = chatTemplates
  const isByteLevel = file.decoding.kind === 'bytes'
  const tokens = Array.from({ length: rows }, (_, id) => file.tokens[id] ?? `[PAD${id}]`)
  const named = (key: string, id: number): GgufPair[] =>
    id < 0 ? [] : [{ key: `tokenizer.ggml.${key}`, kind: 'uint32', value: id }]
  return [
    { key: 'tokenizer.ggml.model', kind: 'string', value: isByteLevel ? 'gpt2' : 'llama' },
    { key: 'tokenizer.ggml.pre', kind: 'string', value: isByteLevel ? preTokenizerOf(file) : 'default' },
    { key: 'tokenizer.ggml.tokens', kind: 'strings', value: tokens },
    { key: 'tokenizer.ggml.token_type', kind: 'int32s', value: kindsOf(file, rows) },
    ...(isByteLevel ? [mergePairs(file)] : sentencePiecePairs(file, rows)),
    ...named('bos_token_id', file.beginOfTextId ?? idOf(bosToken)),
    ...named('eos_token_id', file.endOfTextIds[0]),
    ...named('padding_token_id', idOf(pad)),
    { key: 'tokenizer.ggml.add_bos_token', kind: 'bool', value: file.beginOfTextId !== undefined },
    { key: 'tokenizer.ggml.add_eos_token', kind: 'bool', value: false },
    // A longer template is refused wherever it is read, here too.
    ...(template && template.template.length <= MAX_TEMPLATE_CHARACTERS
      ? [{ key: 'tokenizer.chat_template', kind: 'string', value: template.template } as const]
      : []),
  ]
}

/** llama.cpp's id for how text is cut into pieces. Each id also says whether a whole piece may skip the merges. */
function preTokenizerOf({ splitStages, ignoresMerges }: TokenizerFile): string {
  const stages = splitStages.map((stage) => (stage.kind === 'pattern' ? stage.pattern : stage.kind)).join()
  if (stages === 'llama3') return ignoresMerges ? 'llama-bpe' : 'smaug-bpe'
  const id = { gpt2: 'gpt-2', 'digits,gpt2': 'smollm', qwen2: 'qwen2' }[stages]
  if (id === undefined) throw notInGguf(`a tokenizer that cuts text by ${stages || 'nothing'}`)
  return id
}

function kindsOf({ added, tokens, decoding }: TokenizerFile, rows: number): number[] {
  const found = Array.from({ length: rows }, (_, id) => (id < tokens.length ? kinds.normal : kinds.unused) as number)
  if (decoding.kind === 'text') {
    const bytes = new Set(byteTokens)
    for (const [id, token] of tokens.entries()) if (bytes.has(token)) found[id] = kinds.byte
  }
  for (const { id, content, isSpecial } of added) {
    const isUnknown = decoding.kind === 'text' && content === UNKNOWN_PIECE
    found[id] = !isSpecial ? kinds.userDefined : isUnknown ? kinds.unknown : kinds.control
  }
  return found
}

function mergePairs({ merges, tokens }: TokenizerFile): GgufPair {
  const value = Array.from(merges.merged, (_, index) => {
    const [left = -1, right = -1] = [merges.left[index], merges.right[index]]
    return `${tokens[left]} ${tokens[right]}`
  })
  return { key: 'tokenizer.ggml.merges', kind: 'strings', value }
}

/** SentencePiece has no merges: of all neighbours that make a token, those with the best score are joined first. */
function sentencePiecePairs({ merges, normalization, tokens, added }: TokenizerFile, rows: number): GgufPair[] {
  const scores = Array.from({ length: rows }, () => NO_MERGE)
  let rank = 0
  for (const id of merges.merged) if (scores[id] === NO_MERGE) scores[id] = -rank++
  const withoutScore = new Set([...byteTokens, ...added.map(({ content }) => content)])
  for (const [id, token] of tokens.entries()) if (withoutScore.has(token)) scores[id] = 0
  const unknownId = tokens.indexOf(UNKNOWN_PIECE)
  return [
    { key: 'tokenizer.ggml.scores', kind: 'float32s', value: scores },
    ...(unknownId < 0 ? [] : [{ key: 'tokenizer.ggml.unknown_token_id', kind: 'uint32', value: unknownId } as const]),
    { key: 'tokenizer.ggml.add_space_prefix', kind: 'bool', value: normalization.includes('mark') },
  ]
}

/** What the written pairs say otherwise than `file`, in words; null where both give the same tokens. */
function differenceFrom(file: TokenizerFile, pairs: readonly GgufPair[], rows: number): string | null {
  const read = readBack(pairs, rows)
  if (typeof read === 'string') return read
  for (const token of file.added) {
    const { content, isSingleWord, takesSpaceBefore, takesSpaceAfter, isNormalized } = token
    const isPlain = !isSingleWord && !takesSpaceBefore && !takesSpaceAfter
    if (!isPlain || (isNormalized && file.normalization.length > 0)) {
      return `the token ${content.slice(0, 40)}, which is looked for by rules of its own`
    }
  }
  const added = (one: TokenizerFile) =>
    one.added
      .map(({ id, isSpecial }) => `${id} ${isSpecial}`)
      .toSorted()
      .join()
  const addedIds = new Set(file.added.map(({ id }) => id))
  const isKnown = (id: number) => addedIds.has(id) || id >= file.tokens.length
  const strange = [...read.vocabulary].find(([token, id]) => file.vocabulary.get(token) !== id && !isKnown(id))
  const parts: [what: string, isSame: boolean][] = [
    ['a normalization of its text', file.normalization.join() === read.normalization.join()],
    ['how it cuts text into pieces', JSON.stringify(file.splitStages) === JSON.stringify(read.splitStages)],
    ['how its tokens become text', JSON.stringify(file.decoding) === JSON.stringify(read.decoding)],
    ['whole pieces that skip the merges', file.ignoresMerges === read.ignoresMerges],
    ['its tokens', file.tokens.every((token, id) => read.tokens[id] === token)],
    ['its vocabulary', [...file.vocabulary].every(([token, id]) => read.vocabulary.get(token) === id) && !strange],
    ['its merges', mergesOf(file) === mergesOf(read)],
    ['its added tokens', added(file) === added(read)],
    ['its unknown characters', !needsUnknown(file) || JSON.stringify(file.unknown) === JSON.stringify(read.unknown)],
    ['the token that ends a text', file.endOfTextIds[0] === read.endOfTextIds[0]],
    ['the token that begins a text', file.beginOfTextId === read.beginOfTextId],
  ]
  const [different] = parts.find(([, isSame]) => !isSame) ?? []
  return different === undefined ? null : `the tokenizer: ${different}`
}

function readBack(pairs: readonly GgufPair[], rows: number): TokenizerFile | string {
  const embedding: GgufEntry = { name: 'token_embd.weight', type: 'F32', shape: [rows, 1], offset: 0, sizeBytes: 0 }
  const metadata = new Map(pairs.map(({ key, value }): [string, GgufValue] => [key, value]))
  try {
    const { tokenizer, config } = tokenizerOfGguf({ metadata, tensors: new Map([[embedding.name, embedding]]) })
    return tokenizerFileOf({ 'tokenizer.json': tokenizer, 'tokenizer_config.json': config })
  } catch (thrown) {
    if (thrown instanceof AppError) return `the tokenizer: ${thrown.message}`
    throw thrown
  }
}

/**
 * In their order; but the ways to make one token, which stand together, in any: SentencePiece, where these come from,
 * has one score for all of them.
 */
function mergesOf({ merges, decoding }: TokenizerFile): string {
  const pairs = Array.from(merges.merged, (merged, index) => `${merged} ${merges.left[index]} ${merges.right[index]}`)
  if (decoding.kind === 'bytes') return pairs.join()
  const order = merges.merged.filter((id, index) => id !== merges.merged[index - 1])
  return `${order.join()};${pairs.toSorted().join()}`
}

/** A byte-level vocabulary with every byte meets no unknown character. */
function needsUnknown({ decoding, vocabulary }: TokenizerFile): boolean {
  return decoding.kind !== 'bytes' || byteCharacters.some((character) => !vocabulary.has(character))
}
