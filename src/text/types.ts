// The plain data that text becomes on its way to the trainer. Everything here crosses worker borders,
// so there are no functions and no classes in it, except for the Tokenizer, which stays in its worker.

/** The label of a position that is not trained on: a masked prompt, or padding. */
export const IGNORED_LABEL = 0xffffffff

export const corpusKinds = ['text', 'text-rows', 'prompt-completion', 'messages'] as const
/** `text` is running text cut into pieces; `text-rows` is one text a row, kept as it is. */
export type CorpusKind = (typeof corpusKinds)[number]

export type Role = 'system' | 'user' | 'assistant'

export interface Message {
  readonly role: Role
  readonly content: string
}

/** What a model is asked, in the words it was taught in. */
export interface Prompt {
  /** As a person wrote it. */
  readonly text: string
  /**
   * Absent: the text is continued. `completion`: it is a prompt with its line break. `chat`: it is the first
   * message of a conversation in our own format; a rendered one has been through the model's template.
   */
  readonly as?: 'completion' | 'chat' | RenderedChat
}

/** One unit of the train/validation split. */
export type CorpusDocument =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'prompt-completion'; readonly prompt: string; readonly completion: string }
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }

/** Which columns of a table hold what. A `null` in its place lets the names of each row's columns decide. */
export type ColumnMapping =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'prompt-completion'
      readonly prompt: string
      /** Set below the prompt where it is not empty (Alpaca's `input`); null for none. */
      readonly input: string | null
      readonly completion: string
    }
  /** A list of messages in each cell, or that list as JSON. */
  | { readonly kind: 'messages'; readonly messages: string }

export interface CorpusColumn {
  readonly name: string
  /** The start of the first cell that is not empty. */
  readonly example: string
}

/** The columns of all rows together, and how they are read. */
export interface CorpusTable {
  readonly columns: readonly CorpusColumn[]
  /** The mapping asked for, or the one most rows were read by. */
  readonly mapping: ColumnMapping
  readonly isGuessed: boolean
}

export const textEncodings = ['utf-8', 'utf-16le', 'utf-16be', 'euc-kr'] as const
/** `euc-kr` stands for its superset CP949, as it does in the Encoding Standard. */
export type TextEncoding = (typeof textEncodings)[number]

/** A file as it was read. */
export interface CorpusSource {
  readonly name: string
  /** Null for a format that is not text. */
  readonly encoding: TextEncoding | null
  readonly documents: number
}

export const problemKinds = [
  'row-not-json',
  'row-not-object',
  'row-unknown-columns',
  'row-empty',
  'row-without-completion',
  'row-bad-message',
  'row-too-long',
  'ragged-row',
  'quote-not-closed',
  'file-skipped',
  'duplicate-documents',
  'special-tokens-as-text',
  'samples-truncated',
  'samples-without-trained-tokens',
  'tokenizer-poor-fit',
  'template-refused',
  'template-replaced',
] as const
export type ProblemKind = (typeof problemKinds)[number]

/**
 * What a person can have done about a problem.
 *
 * `prompts-as-text`: rows without a completion are learned as text. `keep-ragged-rows`: fields that are
 * missing are empty, those in excess are dropped. `drop-duplicates`: one of each. `drop-too-long`: documents
 * that would lose their end.
 */
export const corpusFixes = ['prompts-as-text', 'keep-ragged-rows', 'drop-duplicates', 'drop-too-long'] as const
export type CorpusFix = (typeof corpusFixes)[number]

/** The fix each problem has, where it has one. The problem is reported whether it is fixed or not. */
export const fixOfProblem: Readonly<Partial<Record<ProblemKind, CorpusFix>>> = {
  'row-without-completion': 'prompts-as-text',
  'ragged-row': 'keep-ragged-rows',
  'duplicate-documents': 'drop-duplicates',
  'samples-truncated': 'drop-too-long',
}

/** Something about a corpus worth showing that does not stop a run. */
export interface Problem {
  readonly kind: ProblemKind
  /** Name of the file it was found in; empty when it concerns all files together. */
  readonly file: string
  /** How many rows, documents or samples. */
  readonly count: number
  /** 1-based numbers of the first of those lines (rows in a JSON array); empty when it is not about lines. */
  readonly lines: readonly number[]
}

/** What a file holds, before any tokenizer sees it. */
export interface Corpus {
  readonly name: string
  readonly kind: CorpusKind
  readonly documents: readonly CorpusDocument[]
  readonly problems: readonly Problem[]
  /** Null for running text. */
  readonly table: CorpusTable | null
}

export interface CorpusFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Sequences of one length, ready for the GPU. */
export interface TokenSet {
  /** [sequences, sequenceLength] */
  readonly tokens: Uint32Array
  /** [sequences, sequenceLength], already shifted: labels[i] is the token after tokens[i], or IGNORED_LABEL. */
  readonly labels: Uint32Array
  /**
   * [sequences, sequenceLength]: where, in its sequence, the document of this position begins. A position
   * attends to those from there up to itself, and its place in the document is the distance. Absent where
   * every sequence is one document.
   */
  readonly documentStarts?: Uint32Array
  readonly sequenceLength: number
  readonly sequences: number
  /** Labels that are not IGNORED_LABEL. */
  readonly labelledTokens: number
}

/** `end`: the end of the text, or a special token the model learns to stop with. `special`: of the template. */
export type TokenRole = 'text' | 'special' | 'end'

/** One document as the token view shows it. The four arrays have the same length. */
export interface TokenPreview {
  readonly documentIndex: number
  readonly split: 'train' | 'validation'
  readonly ids: readonly number[]
  readonly texts: readonly string[]
  /** True where the loss counts this token. */
  readonly trained: readonly boolean[]
  readonly roles: readonly TokenRole[]
  /** Tokens of the whole document; more than `ids` holds when the preview was cut. */
  readonly tokenCount: number
}

/** counts[i] documents have a length above upTo[i - 1] and up to upTo[i] tokens. */
export interface LengthHistogram {
  readonly upTo: readonly number[]
  readonly counts: readonly number[]
}

export interface CorpusStatistics {
  readonly documents: number
  readonly trainDocuments: number
  readonly validationDocuments: number
  /** Unicode code points of all documents. */
  readonly characters: number
  /** Tokens of all documents with template and end of text, before any truncation. */
  readonly tokens: number
  /** Of the text alone: what the template writes is not counted. */
  readonly charactersPerToken: number
  /** Labelled tokens of the training set: what one epoch learns from. */
  readonly trainedTokens: number
  readonly longestDocumentTokens: number
  readonly lengthHistogram: LengthHistogram
  /** Samples cut because they are longer than the sequence length. */
  readonly truncated: number
}

export interface PrepareOptions {
  readonly sequenceLength: number
  /** Share of the documents held out, between 0 and 0.5. At least one document is always held out. */
  readonly validationShare: number
  readonly seed: number
  /** Null or absent: by the names of the columns. */
  readonly mapping?: ColumnMapping | null
  readonly fixes?: readonly CorpusFix[]
  /** The model brings a chat template that cannot be used: conversations are written in our own format. */
  readonly replacesTemplate?: boolean
}

export interface PreparedCorpus {
  readonly kind: CorpusKind
  readonly sources: readonly CorpusSource[]
  /** Null where no file has columns. */
  readonly table: CorpusTable | null
  /** How a row becomes one string: special tokens spelled out, a person's text as {text}, {prompt} and so on. */
  readonly template: string
  readonly train: TokenSet
  readonly validation: TokenSet
  readonly preview: readonly TokenPreview[]
  readonly statistics: CorpusStatistics
  readonly problems: readonly Problem[]
}

/** UTF-16 units from `start` up to, not including, `end`. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** A conversation as a chat template wrote it. */
export interface RenderedChat {
  readonly text: string
  /** What people said: special tokens in there are text. Rising, and apart from each other. */
  readonly contents: readonly TextRange[]
  /** What the assistant answered, each with the token that ends its turn. Empty for a prompt. */
  readonly answers: readonly TextRange[]
}

/**
 * What stands before a text that is encoded or decoded on its own. SentencePiece puts a space in front of a
 * text, and most of its tokenizers after a special token too, but not where the text goes on.
 */
export type TextBefore = 'nothing' | 'special' | 'text'

export interface EncodeOptions {
  /** Whether special tokens inside the text are control tokens, or where; elsewhere they are plain text. */
  readonly allowSpecial?: boolean | readonly TextRange[]
  /** `nothing` when absent. */
  readonly after?: TextBefore
}

export interface Tokenizer {
  /** Special tokens inside `text` are encoded as plain text unless `allowSpecial` says otherwise. */
  encode(text: string, options?: EncodeOptions): number[]
  /** Bytes that are no UTF-8 become U+FFFD. Special tokens are kept unless `skipSpecial` is true. */
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecial?: boolean }): string
  /** One token for a chip: its text, or its bytes as <E2 80> when it holds a part of a character. */
  decodeToken(id: number): string
  /**
   * Decodes token after token, holding bytes back until they make whole characters. A space that comes first
   * stays: a stream goes on where a prompt ended.
   */
  decodeStream(): DecodeStream
  readonly vocabularySize: number
  /** The token a text is ended with. */
  readonly endOfTextId: number
  /** The tokens that end what a model says; `endOfTextId` is the first of them. */
  readonly endOfTextIds: readonly number[]
  /** The token each text begins with, for models that were trained with one (Llama's <s>). */
  readonly beginOfTextId?: number | undefined
  readonly specialTokens: ReadonlyMap<string, number>
}

export interface DecodeStream {
  /** The text that became certain with this token; often empty. */
  push(id: number): string
  /** What is left, with U+FFFD for an unfinished character. */
  end(): string
}
