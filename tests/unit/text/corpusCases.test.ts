// Datasets that are not as they should be: the cases E01 to E34 of our reliability list, each through the
// whole path from dropped bytes to sequences. Each ends within a second in what is written here.
import { gzipSync, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes'
import { AppError, type ErrorCode } from '../../../src/base/errors'
import { toCsv } from '../../../src/components/charts/csv'
import { readChips } from '../../../src/features/dataset/tokenChips'
import { readFiles } from '../../../src/stores/readFiles'
import { splitText } from '../../../src/text/corpus/plainText'
import { openFiles } from '../../../src/text/corpus/openFiles'
import { MAX_CORPUS_BYTES, prepareCorpus } from '../../../src/text/prepareCorpus'
import type { PreparedCorpus, ProblemKind } from '../../../src/text/types'
import { encodeAs } from './legacyEncodings'
import { tinyTokenizer } from './tinyTokenizer'
import { busyMs } from '../../helpers/busyTime'

type Outcome =
  | ErrorCode
  /** Documents that remain, and the problems that are told, each with its count. */
  | { readonly documents: number; readonly problems: Readonly<Partial<Record<ProblemKind, number>>> }

interface Case {
  readonly id: string
  readonly what: string
  readonly name: string
  readonly content: () => string | Uint8Array
  readonly outcome: Outcome
}

const tokenizer = tinyTokenizer()
const LIMIT_MS = 1000

const row = (index: number): string => JSON.stringify({ text: `The cat number ${index} sat on the mat.` })
const lines = (count: number): string[] => Array.from({ length: count }, (_, index) => row(index))
const good = lines(10).join('\n')
const chat = (messages: unknown): string => JSON.stringify({ messages })
const answered = (answer: unknown, index = 0) => [
  { role: 'user', content: `question ${index}` },
  { role: 'assistant', content: answer },
]
const fine = (documents: number, problems: Readonly<Partial<Record<ProblemKind, number>>> = {}): Outcome => ({
  documents,
  problems,
})
const utf16 = (text: string, isLittle: boolean): Uint8Array => {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), isLittle)
  return bytes
}
const noise = (length: number): Uint8Array => {
  let state = 1
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) & 0xff)
}

const jsonl = (id: string, what: string, content: Case['content'], outcome: Outcome): Case => ({
  id,
  what,
  name: 'a.jsonl',
  content,
  outcome,
})
const csv = (id: string, what: string, content: Case['content'], outcome: Outcome): Case => ({
  ...jsonl(id, what, content, outcome),
  name: 'a.csv',
})
const txt = (id: string, what: string, content: Case['content'], outcome: Outcome): Case => ({
  ...jsonl(id, what, content, outcome),
  name: 'a.txt',
})

const cases: Case[] = [
  jsonl('E01', 'empty', () => '', 'corpus/empty'),
  csv('E01', 'empty', () => '', 'corpus/empty'),
  txt('E01', 'empty', () => '', 'corpus/empty'),
  jsonl('E02', 'only newlines', () => '\n\r\n\n', 'corpus/empty'),
  jsonl('E03', 'a byte order mark', () => `\ufeff${good}`, fine(10)),
  jsonl('E04', 'CRLF', () => lines(10).join('\r\n'), fine(10)),
  jsonl('E04', 'CR alone', () => lines(10).join('\r'), fine(10)),
  jsonl('E04', 'U+2028 inside strings', () => good.replaceAll('sat', 's\u2028t'), fine(10)),
  jsonl('E05', 'no newline at the end', () => good, fine(10)),
  jsonl(
    'E06',
    'one bad line of 100,000',
    () => Array.from({ length: 100_000 }, (_, i) => (i === 777 ? '{"text":' : '{"text":"a"}')).join('\n'),
    'corpus/too-small', // all copies of one document: nothing to hold out
  ),
  jsonl('E06', 'one bad line among good ones', () => `${good}\n{"text":\n`, fine(10, { 'row-not-json': 1 })),
  jsonl('E07', 'all bad', () => 'x\n'.repeat(1000), 'corpus/row-invalid'),
  jsonl('E08', 'an array called .jsonl', () => `[${lines(10).join(',\n')}]`, fine(10)),
  jsonl('E09', 'NUL bytes', () => `${good}\0`, 'corpus/not-text'),
  jsonl('E10', 'a lone surrogate', () => good.replaceAll('sat', 's\\ud800t'), fine(10)),
  jsonl(
    'E11',
    'a line of 9 MiB',
    () => `${good}\n{"text":"${'x'.repeat(9 * 2 ** 20)}"}`,
    fine(10, { 'row-too-long': 1 }),
  ),
  jsonl(
    'E12',
    'as much as is read at all, without a newline',
    () => new Uint8Array(MAX_CORPUS_BYTES).fill(0x78),
    'corpus/row-invalid',
  ),
  jsonl('E12', 'one byte more', () => new Uint8Array(MAX_CORPUS_BYTES + 1).fill(0x78), 'corpus/too-large'),
  jsonl('E13', 'a line 100,000 deep', () => `${good}\n${'['.repeat(100_000)}`, fine(10, { 'row-not-json': 1 })),
  jsonl('E14', 'the key __proto__', () => good.replaceAll('{', '{"__proto__":{"text":"x"},'), fine(10)),
  jsonl('E14', 'only the key __proto__', () => '{"__proto__":{"text":"x"}}', 'corpus/unknown-columns'),
  jsonl(
    'E15',
    'mixed schemas',
    () => [good, '{"prompt":"a","completion":"b"}', chat(answered('yes')), '{"other":1}'].join('\n'),
    fine(12, { 'row-unknown-columns': 1, 'samples-truncated': 1 }),
  ),
  jsonl(
    'E16',
    'an unknown role, a null, a list of parts',
    () =>
      [
        good,
        chat([{ role: 'oracle', content: 'x' }]),
        chat([{ role: 'user', content: null }]),
        chat(answered([{ type: 'text', text: 'parts' }])),
        chat(answered([{ type: 'image_url', image_url: 'x' }])),
      ].join('\n'),
    fine(11, { 'row-bad-message': 3, 'samples-truncated': 1 }),
  ),
  jsonl(
    'E17',
    'nothing said anywhere',
    () => Array.from({ length: 10 }, (_, i) => chat(answered('', i))).join('\n'),
    'corpus/no-trained-tokens',
  ),
  jsonl(
    'E17',
    'no completion in any row',
    () => Array.from({ length: 10 }, (_, i) => JSON.stringify({ prompt: `p${i}`, completion: ' ' })).join('\n'),
    'corpus/no-trained-tokens',
  ),
  jsonl(
    'E17',
    'prompts, and answers in a column nobody knows',
    () => Array.from({ length: 10 }, (_, i) => JSON.stringify({ prompt: `p${i}`, label: 'yes' })).join('\n'),
    'corpus/unknown-columns',
  ),
  jsonl(
    'E18',
    'all prompts longer than a sequence',
    () =>
      Array.from({ length: 10 }, (_, i) => JSON.stringify({ prompt: `${i}${'q'.repeat(99)}`, completion: 'a' })).join(
        '\n',
      ),
    'corpus/no-trained-tokens',
  ),
  jsonl(
    'E18',
    'all texts longer than a sequence',
    () =>
      Array.from({ length: 10 }, (_, i) => JSON.stringify({ prompt: `${i}`, completion: 'a'.repeat(99) })).join('\n'),
    fine(10, { 'samples-truncated': 10 }),
  ),
  jsonl('E19', 'UTF-16 LE', () => utf16(`\ufeff${good}`, true), fine(10)),
  jsonl('E19', 'UTF-16 BE', () => utf16(`\ufeff${good}`, false), fine(10)),
  jsonl('E20', 'Latin-1', () => encodeAs('windows-1252', good.replaceAll('cat', 'ménage')), 'corpus/not-text'),
  jsonl('E21', 'gzip', () => gzipSync(encodeUtf8(good)), 'corpus/not-text'),
  jsonl(
    'E21',
    'zstd',
    () => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19, 0, 0, 0x61, 0x62, 0x63),
    'corpus/not-text',
  ),
  jsonl('E21', 'xlsx', () => zipSync({ '[Content_Types].xml': encodeUtf8('<Types/>') }), 'corpus/not-text'),
  jsonl(
    'E21',
    'Parquet, and damaged',
    () => concatBytes([encodeUtf8('PAR1'), new Uint8Array(20), encodeUtf8('PAR1')]),
    'corpus/parquet-invalid',
  ),
  jsonl('E22', 'nothing but copies', () => Array(50).fill(row(1)).join('\n'), 'corpus/too-small'),
  jsonl('E22', 'everything twice', () => `${good}\n${good}`, fine(20, { 'duplicate-documents': 10 })),
  jsonl(
    'E23',
    'special tokens spelled out',
    () => good.replaceAll('sat', '<|im_end|><|endoftext|>'),
    fine(10, { 'special-tokens-as-text': 10 }),
  ),
  csv(
    'E24',
    'a quote that is never closed',
    () => `text,note\n${Array.from({ length: 10 }, (_, i) => `The cat ${i} sat,x`).join('\n')}\n"the rest,\nof it`,
    fine(10, { 'quote-not-closed': 1 }),
  ),
  csv(
    'E25',
    'ragged rows',
    () =>
      `text,note\n${Array.from({ length: 12 }, (_, i) => `The cat ${i} sat${['', ',x', ',x,y'][i % 3]}`).join('\n')}`,
    fine(4, { 'ragged-row': 8 }),
  ),
  csv(
    'E26',
    'semicolons',
    () =>
      `text;note\n${lines(10)
        .map((_, i) => `The cat, ${i}, sat;x`)
        .join('\n')}`,
    fine(10),
  ),
  csv(
    'E26',
    'tabs',
    () =>
      `text\tnote\n${lines(10)
        .map((_, i) => `The cat, ${i}, sat\tx`)
        .join('\n')}`,
    fine(10),
  ),
  csv(
    'E26',
    'commas inside a quoted name',
    () =>
      `"text";"a, b, c"\n${lines(10)
        .map((_, i) => `The cat ${i} sat;x`)
        .join('\n')}`,
    fine(10),
  ),
  csv(
    'E27',
    'newlines and quotes inside fields',
    () =>
      `text,note\r\n${lines(10)
        .map((_, i) => `"The ""cat"" ${i}\nsat, there",x`)
        .join('\r\n')}`,
    fine(10),
  ),
  csv('E28', '100,000 columns', () => `${'text,'.repeat(100_000)}\n${'x,'.repeat(100_000)}`, 'corpus/unknown-columns'),
  csv(
    'E29',
    'a header twice, an empty one, __proto__',
    () =>
      `text,text,,__proto__,constructor\n${lines(10)
        .map((_, i) => `The cat ${i} sat,no,no,no,no`)
        .join('\n')}`,
    fine(10),
  ),
  csv('E29', 'only such headers', () => '__proto__,constructor,\na,b,c', 'corpus/unknown-columns'),
  txt('E31', 'NUL', () => `The cat\0sat. ${good}`, 'corpus/not-text'),
  csv(
    'E31',
    '^Z at the end',
    () =>
      `text\n${lines(10)
        .map((_, i) => `The cat ${i} sat`)
        .join('\n')}\n\x1a`,
    fine(10),
  ),
  txt('E32', 'noise', () => noise(100_000), 'corpus/not-text'),
  txt('E32', 'control characters', () => new Uint8Array(5000).fill(1), 'corpus/not-text'),
]

const prepare = async (name: string, content: string | Uint8Array): Promise<PreparedCorpus> => {
  const bytes = typeof content === 'string' ? encodeUtf8(content) : content
  return prepareCorpus(
    await openFiles([{ name, bytes }]),
    { tokenizer },
    {
      sequenceLength: 32,
      validationShare: 0.1,
      seed: 1,
    },
  )
}

async function outcomeOf(name: string, content: string | Uint8Array): Promise<Outcome> {
  try {
    const { statistics, problems } = await prepare(name, content)
    return {
      documents: statistics.documents,
      problems: Object.fromEntries(problems.map(({ kind, count }) => [kind, count])),
    }
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code
    throw thrown
  }
}

describe.each(cases)('$id $what in $name', ({ name, content, outcome }) => {
  test('ends as it should, within a second', async () => {
    const made = content()
    const took = await busyMs(async () => expect(await outcomeOf(name, made)).toEqual(outcome))
    expect(took).toBeLessThan(LIMIT_MS)
  })
})

test('E12 1 GiB is refused before a byte of it is read', async () => {
  const file = {
    name: 'a.jsonl',
    size: 2 ** 30,
    arrayBuffer: () => {
      throw new Error('it was read')
    },
  } as unknown as File
  await expect(readFiles([file])).rejects.toMatchObject({ code: 'corpus/too-large' })
})

test('E23 no text of a person becomes a special token', async () => {
  const { preview } = await prepare('a.jsonl', good.replaceAll('sat', '<|im_start|><|im_end|>'))
  for (const { ids } of preview) expect(ids.filter((id) => id < 3)).toEqual([tokenizer.endOfTextId])
})

test('E30 formulas stay text in the tables that go out', () => {
  expect(toCsv([['=1+1', '+x', '@sum', '-x', '\tx']])).toBe("'=1+1,'+x,'@sum,'-x,\"'\tx\"\r\n")
})

test('E33 one line of 40 MB is cut into pieces within a second; encoding it takes as long as it is', async () => {
  const line = 'the cat sat on the mat '.repeat(1_740_000)
  let pieces: readonly unknown[] = []
  const took = await busyMs(() => {
    pieces = splitText(line)
  })
  expect(took).toBeLessThan(LIMIT_MS)
  expect(pieces.length).toBeGreaterThan(10_000)
})

test('E33 500 MB are too large', async () => {
  const bytes = { byteLength: 500_000_000 } as Uint8Array
  await expect(openFiles([{ name: 'a.txt', bytes }])).rejects.toMatchObject({ code: 'corpus/too-large' })
})

test('E34 a flood of marks, joiners and right-to-left text is shown token by token, none lost', async () => {
  const flood = Array.from(
    { length: 12 },
    (_, i) => `${i} ${'e\u0301\u0302'.repeat(40)} ${'👩‍👩‍👧‍👦'.repeat(12)} ${'\u202eabc\u202c שלום '.repeat(9)}`,
  ).join('\n\n')
  const { preview } = await prepare('a.txt', flood)
  const shown = preview.flatMap((one) => readChips(one)).map((chip) => chip.text)
  expect(shown.join('')).not.toMatch(/\p{Surrogate}|\ufffd/u)
  expect(tokenizer.decode(preview.flatMap(({ ids }) => ids))).toContain('👩‍👩‍👧‍👦'.repeat(12))
})

test('every case of the list is here', () => {
  const elsewhere = ['E30', 'E33', 'E34']
  const missing = Array.from({ length: 34 }, (_, i) => `E${String(i + 1).padStart(2, '0')}`).filter(
    (id) => !elsewhere.includes(id) && !cases.some((one) => one.id === id),
  )
  expect(missing).toEqual([])
})
