// Five datasets as people have them, each dropped as bytes: the very tokens and the very mask that come out.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { CorpusService } from '../../../src/engine/corpusService'
import { IGNORED_LABEL, type PreparedCorpus, type TokenSet } from '../../../src/text/types'
import type { CorpusRequest } from '../../../src/engine/api'
import { encodeAs } from './legacyEncodings'
import { tinyTokenizer, tinyTokenizerJson } from './tinyTokenizer'

const tokenizer = tinyTokenizer()
const END = '<|endoftext|>'

async function drop(
  files: readonly (readonly [name: string, content: string | Uint8Array])[],
  options: Partial<CorpusRequest> = {},
): Promise<PreparedCorpus> {
  const service = new CorpusService(() =>
    Promise.resolve(new Uint8Array(encodeUtf8(JSON.stringify(tinyTokenizerJson())))),
  )
  await service.loadTokenizer('/')
  const named = files.map(([name, content]) => ({
    name,
    bytes: typeof content === 'string' ? encodeUtf8(content) : content,
  }))
  return await service.prepare({ files: named, sequenceLength: 192, validationShare: 0.1, seed: 1, ...options })
}

/** Each sequence up to its padding, what the loss counts between brackets: the labels, not the preview. */
function painted({ tokens, labels, sequences, sequenceLength }: TokenSet): string[] {
  return Array.from({ length: sequences }, (_, sequence) => {
    const from = sequence * sequenceLength
    const ids = [...tokens.subarray(from, from + sequenceLength)]
    const isLabel = [...labels.subarray(from, from + sequenceLength)].map((label) => label !== IGNORED_LABEL)
    const last = isLabel.lastIndexOf(true)
    let text = ''
    let isInside = false
    for (let i = 0; i <= last + 1; i++) {
      const isCounted = isLabel[i - 1] ?? false
      if (isCounted !== isInside) text += isCounted ? '[' : ']'
      isInside = isCounted
      // The last label of a full sequence is a token of the next.
      const id = i < sequenceLength ? ids[i] : labels[from + i - 1]
      text += String.fromCharCode(...bytesOf(id ?? 0))
    }
    return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)))
  })
}

const bytesOf = (id: number): Uint8Array => {
  const text = tokenizer.decodeToken(id)
  // A part of a character is shown as <E2>.
  return /^<[0-9A-F]{2}>$/.test(text) ? Uint8Array.of(Number.parseInt(text.slice(1, 3), 16)) : encodeUtf8(text)
}

const all = ({ train, validation }: PreparedCorpus): string[] => [...painted(train), ...painted(validation)]

describe('a Korean text in EUC-KR', () => {
  const paragraphs = Array.from(
    { length: 12 },
    (_, i) => `${i + 1}번째 밤. 등대지기는 등불을 켜고 바다를 보았다.\n파도는 잔잔했다.`,
  )
  const text = paragraphs.join('\n\n')

  test('becomes Korean, packed, every token a label', async () => {
    const corpus = await drop([['밤.txt', encodeAs('euc-kr', text)]])
    expect(corpus.kind).toBe('text')
    expect(corpus.sources).toEqual([{ name: '밤.txt', encoding: 'euc-kr', documents: corpus.statistics.documents }])
    const { tokens, sequences, sequenceLength, labelledTokens, documentStarts } = corpus.train
    const joined = tokenizer.decode(tokens)
    for (const paragraph of corpus.preview.filter(({ split }) => split === 'train')) {
      expect(joined).toContain(tokenizer.decode(paragraph.ids))
    }
    expect(text).toContain(tokenizer.decode(corpus.preview[0]?.ids ?? [], { skipSpecial: true }))
    const padding = sequences * sequenceLength - labelledTokens
    expect(padding).toBeLessThan(sequenceLength)
    expect(documentStarts).toHaveLength(tokens.length)
    expect(corpus.problems.map(({ kind }) => kind)).toContain('tokenizer-poor-fit')
  })

  test('becomes the same tokens as in UTF-8', async () => {
    const legacy = await drop([['a.txt', encodeAs('euc-kr', text)]])
    const modern = await drop([['a.txt', text]])
    expect(legacy.train).toEqual(modern.train)
    expect(legacy.validation).toEqual(modern.validation)
  })
})

test('an Alpaca JSON, pretty-printed: the answer and the end are trained', async () => {
  const rows = Array.from({ length: 10 }, (_, i) => ({
    instruction: `Add one to ${i}.`,
    input: i === 3 ? 'Say it in words.' : '',
    output: `It is ${i + 1}.`,
  }))
  const corpus = await drop([['alpaca.json', JSON.stringify(rows, null, 2)]])
  expect(corpus.kind).toBe('prompt-completion')
  expect(corpus.template).toBe(`{prompt}\n{completion}${END}`)
  expect(all(corpus).sort()).toEqual(
    rows.map(({ instruction, input, output }) => `${instruction}${input && `\n\n${input}`}\n[${output}${END}`).sort(),
  )
})

test('a ShareGPT JSONL: what the assistant says is trained, in every turn, and nothing else', async () => {
  const row = (i: number) => ({
    id: `share-${i}`,
    conversations: [
      { from: 'system', value: 'Be short.' },
      { from: 'human', value: `Who is number ${i}?` },
      { from: 'gpt', value: 'A cat.' },
      { from: 'human', value: 'Why?' },
      { from: 'gpt', value: 'It sat.' },
    ],
  })
  const corpus = await drop([['share.jsonl', Array.from({ length: 10 }, (_, i) => JSON.stringify(row(i))).join('\n')]])
  expect(corpus.kind).toBe('messages')
  expect(corpus.train).not.toHaveProperty('documentStarts')
  const turn = (role: string, said: string) => `<|im_start|>${role}\n${said}<|im_end|>`
  const trained = (said: string) => `<|im_start|>assistant\n[${said}<|im_end|>`
  expect(all(corpus).sort()).toEqual(
    Array.from({ length: 10 }, (_, i) =>
      [
        turn('system', 'Be short.'),
        turn('user', `Who is number ${i}?`),
        `${trained('A cat.')}]`,
        turn('user', 'Why?'),
        `${trained('It sat.')}${END}`,
      ].join('\n'),
    ).sort(),
  )
})

describe('a ragged CSV', () => {
  const csv = [
    'question;answer;source',
    ...Array.from({ length: 8 }, (_, i) => `What is ${i}?;"A number; even ""${i}""";book`),
    'Too short?;Yes',
    'Too long?;No;book;surplus',
    'Only empty fields more?;Fine;book;;',
    'No answer?;;book',
  ].join('\r\n')
  const whole = [
    ...Array.from({ length: 8 }, (_, i) => `What is ${i}?\n[A number; even "${i}"${END}`),
    `Only empty fields more?\n[Fine${END}`,
  ]

  test('keeps the rows that fit and tells the others by their lines', async () => {
    const corpus = await drop([['a.csv', csv]])
    expect(all(corpus).sort()).toEqual([...whole].sort())
    expect(corpus.problems).toEqual([
      { kind: 'ragged-row', file: 'a.csv', count: 2, lines: [10, 11] },
      { kind: 'row-without-completion', file: 'a.csv', count: 1, lines: [13] },
    ])
  })

  test('keeps the ragged ones too, and the prompt without an answer, when asked to', async () => {
    const corpus = await drop([['a.csv', csv]], { fixes: ['keep-ragged-rows', 'prompts-as-text'] })
    expect(all(corpus).sort()).toEqual(
      [...whole, `Too short?\n[Yes${END}`, `Too long?\n[No${END}`, `N[o answer?${END}`].sort(),
    )
  })

  test('is read by the columns a person says', async () => {
    const corpus = await drop([['a.csv', csv]], {
      mapping: { kind: 'prompt-completion', prompt: 'source', input: null, completion: 'question' },
    })
    expect(corpus.table).toEqual({
      columns: [
        { name: 'question', example: 'What is 0?' },
        { name: 'answer', example: 'A number; even "0"' },
        { name: 'source', example: 'book' },
      ],
      mapping: { kind: 'prompt-completion', prompt: 'source', input: null, completion: 'question' },
      isGuessed: false,
    })
    expect(all(corpus)).toContain(`book\n[What is 3?${END}`)
  })
})

test('a Parquet file of conversations, among others of a folder', async () => {
  const fixture = readFileSync(new URL('fixtures/messages.zstd.parquet', import.meta.url))
  const corpus = await drop([
    ['data/README.md', '# About this dataset'],
    ['data/train.parquet', fixture],
    ['data/picture.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0, 0)],
    ['data/make.py', 'print("how the data was made")'],
    ['data/broken.csv', Uint8Array.of(0x66, 0xff, 0xfe, 0xfd)],
  ])
  expect(corpus.sources).toEqual([{ name: 'data/train.parquet', encoding: null, documents: 24 }])
  expect(corpus.problems.filter(({ kind }) => kind === 'file-skipped').map(({ file }) => file)).toEqual([
    'data/README.md',
    'data/picture.png',
    'data/make.py',
    'data/broken.csv',
  ])
  expect(all(corpus)).toContain(
    `<|im_start|>user\nWhat does lamp 4 need?<|im_end|>\n<|im_start|>assistant\n[Lamp 4 needs oil. 등불 4에는 기름이 필요해요.<|im_end|>${END}`,
  )
  expect(all(corpus)).toHaveLength(24)
})

test('files of any name are data where there is nothing else', async () => {
  const story = Array.from({ length: 12 }, (_, i) => `The cat number ${i} sat on the mat, and it sat there.`).join(
    '\n\n',
  )
  const { sources, problems } = await drop([
    ['README', story],
    ['notes.rst', story.replaceAll('cat', 'gull')],
  ])
  expect(sources.map(({ name }) => name)).toEqual(['README', 'notes.rst'])
  expect(problems.map(({ kind }) => kind)).not.toContain('file-skipped')
})
