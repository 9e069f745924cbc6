import { gzipSync, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes'
import { AppError, type ErrorCode } from '../../../src/base/errors'
import { decodeText } from '../../../src/text/corpus/decodeText'
import { detectCorpus, readCorpus } from '../../../src/text/corpus/detectCorpus'
import { splitText } from '../../../src/text/corpus/plainText'
import type { Corpus, CorpusDocument } from '../../../src/text/types'

const utf16 = (text: string, isLittle: boolean): Uint8Array => {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), isLittle)
  return bytes
}
const read = (name: string, content: string | Uint8Array): Corpus =>
  readCorpus(name, decodeText(typeof content === 'string' ? encodeUtf8(content) : content, name))
const codeOf = (make: () => unknown): ErrorCode | 'no error' => {
  try {
    make()
    return 'no error'
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code
    throw thrown
  }
}
const text = (value: string): CorpusDocument => ({ kind: 'text', text: value })
const pair = (prompt: string, completion: string): CorpusDocument => ({ kind: 'prompt-completion', prompt, completion })

describe('decodeText', () => {
  const korean = '달이 떴습니다.\n\n감나무 아래에서.'
  test.each([
    ['UTF-8', encodeUtf8(korean)],
    ['E03 a byte order mark', encodeUtf8(`\ufeff${korean}`)],
    ['E19 UTF-16 LE with a mark', utf16(`\ufeff${korean}`, true)],
    ['E19 UTF-16 BE with a mark', utf16(`\ufeff${korean}`, false)],
    ['E19 UTF-16 LE without a mark', utf16(korean, true)],
    ['E19 UTF-16 BE without a mark', utf16(korean, false)],
    ['E31 ^Z at the end', encodeUtf8(`${korean}\x1a`)],
  ])('%s', (_name, bytes) => {
    expect(decodeText(bytes, 'a.txt')).toBe(korean)
  })

  test.each([
    ['E20 Latin-1', Uint8Array.of(0x67, 0x72, 0xfc, 0xdf)],
    ['E09 NUL', encodeUtf8('a\0b, and a longer text around it')],
    ['E21 gzip', gzipSync(encodeUtf8(korean))],
    ['E21 zip', zipSync({ a: encodeUtf8(korean) })],
    ['E21 parquet', concatBytes([encodeUtf8('PAR1'), new Uint8Array(20), encodeUtf8('PAR1')])],
    ['E32 noise', Uint8Array.from({ length: 500 }, (_, i) => (i * 7919) % 256)],
    ['E32 control characters', new Uint8Array(500).fill(1)],
    ['a lone surrogate in UTF-16', utf16('\ufeffab\ud800c', true)],
    ['a Git LFS pointer', encodeUtf8('version https://git-lfs.github.com/spec/v1\noid sha256:0\n')],
  ])('%s is no text', (_name, bytes) => {
    expect(codeOf(() => decodeText(bytes, 'a.txt'))).toBe('corpus/not-text')
  })
})

describe('splitText', () => {
  test('short paragraphs are joined, long ones stay whole', () => {
    const [a, b, c] = ['a'.repeat(90), 'b'.repeat(90), 'c'.repeat(300)]
    expect(splitText(`${a}\n\n${b}\n\n\n${c}\n`)).toEqual([`${a}\n\n${b}`, c])
  })

  test('line ends of every system are the same', () => {
    expect(splitText('a\r\nb\rc\n')).toEqual(['a\nb\nc'])
  })

  test('lines are the borders where there are no paragraphs, then spaces, then characters', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `line ${i} `.repeat(4))
    expect(splitText(lines.join('\n')).length).toBeGreaterThan(5)
    const words = splitText('word '.repeat(400))
    expect(words.every((piece) => piece.startsWith('word') && piece.endsWith('word'))).toBe(true)
    expect(splitText('😀'.repeat(1000)).every((piece) => !/\p{Surrogate}/u.test(piece))).toBe(true)
  })

  test('E33 one line of 20 MB takes a moment', () => {
    const pieces = splitText('x'.repeat(20_000_000))
    expect(pieces).toHaveLength(10_000)
  })

  test('nothing but space is nothing', () => {
    expect(splitText(' \n\n \t\n')).toEqual([])
  })
})

describe('rows', () => {
  test.each<[string, string, string, CorpusDocument[]]>([
    ['texts', 'a.jsonl', '{"text":"one"}\n{"text":"two"}', [text('one'), text('two')]],
    ['prompts and completions', 'a.jsonl', '{"prompt":"a","completion":"b"}', [pair('a', 'b')]],
    [
      'Alpaca',
      'a.json',
      '[{"instruction":"a","input":"b","output":"c"},{"instruction":"a","input":"","output":"c"}]',
      [pair('a\n\nb', 'c'), pair('a', 'c')],
    ],
    ['questions and answers', 'a.jsonl', '{"question":"a","answer":"b"}', [pair('a', 'b')]],
    [
      'messages',
      'a.jsonl',
      '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"b"}]}]}',
      [
        {
          kind: 'messages',
          messages: [
            { role: 'user', content: 'a' },
            { role: 'assistant', content: 'b' },
          ],
        },
      ],
    ],
    [
      'ShareGPT',
      'a.jsonl',
      '{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}',
      [
        {
          kind: 'messages',
          messages: [
            { role: 'user', content: 'a' },
            { role: 'assistant', content: 'b' },
          ],
        },
      ],
    ],
    [
      'E04 CRLF, and U+2028 inside a string',
      'a.jsonl',
      '{"text":"a\u2028b"}\r\n{"text":"c"}\r\n',
      [text('a\u2028b'), text('c')],
    ],
    ['E04 CR alone', 'a.jsonl', '{"text":"a"}\r{"text":"c"}', [text('a'), text('c')]],
    ['E05 no newline at the end', 'a.jsonl', '\n\n{"text":"a"}', [text('a')]],
    ['E08 an array called .jsonl', 'a.jsonl', '[{"text":"a"},\n{"text":"b"}]', [text('a'), text('b')]],
    ['E14 the key __proto__', 'a.jsonl', '{"__proto__":{"text":"x"},"text":"a"}', [text('a')]],
    ['JSON Lines called .txt', 'a.txt', '{"text":"a"}\n{"text":"b"}', [text('a'), text('b')]],
    ['prose that begins with a brace', 'a.txt', '{"so it begins', [text('{"so it begins')]],
    ['CSV', 'a.csv', 'prompt,completion\na,"b, ""c""\nd"\n', [pair('a', 'b, "c"\nd')]],
    ['E26 semicolons', 'a.csv', 'Prompt;Completion\r\na,b;c\r\n', [pair('a,b', 'c')]],
    ['E26 tabs', 'a.tsv', 'text\tother\na\tb', [text('a')]],
    ['E29 a header twice', 'a.csv', 'text,text,\n1,2,3', [text('1')]],
  ])('%s', (_name, file, content, documents) => {
    expect(read(file, content).documents).toEqual(documents)
  })

  test('rows that cannot be used are counted with their lines', () => {
    const lines = [
      '{"text":"a"}',
      'broken',
      '[1]',
      '{"other":1}',
      '{"text":" "}',
      '{"messages":[{"role":"bard","content":"x"}]}',
      '',
    ]
    const { documents, problems } = read('a.jsonl', lines.join('\n'))
    expect(documents).toEqual([text('a')])
    expect(problems).toEqual([
      { kind: 'row-not-json', file: 'a.jsonl', count: 1, lines: [2] },
      { kind: 'row-not-object', file: 'a.jsonl', count: 1, lines: [3] },
      { kind: 'row-unknown-columns', file: 'a.jsonl', count: 1, lines: [4] },
      { kind: 'row-empty', file: 'a.jsonl', count: 1, lines: [5] },
      { kind: 'row-bad-message', file: 'a.jsonl', count: 1, lines: [6] },
    ])
  })

  test('E06 one bad line of 100,000', () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => (i === 77_000 ? '{"text":' : '{"text":"a"}'))
    const { documents, problems } = read('a.jsonl', lines.join('\n'))
    expect(documents).toHaveLength(99_999)
    expect(problems).toEqual([{ kind: 'row-not-json', file: 'a.jsonl', count: 1, lines: [77_001] }])
  })

  test('E15 mixed rows are all kept, and the most frequent names the kind', () => {
    const corpus = read('a.jsonl', '{"text":"a"}\n{"prompt":"a","completion":"b"}\n{"prompt":"c","completion":"d"}')
    expect(corpus.kind).toBe('prompt-completion')
    expect(corpus.documents).toHaveLength(3)
  })

  test('E11 a line of 9 MiB and E13 a line 100,000 deep are rows like others', () => {
    const lines = [
      `{"text":"${'x'.repeat(9 * 2 ** 20)}"}`,
      '['.repeat(100_000),
      `{"text":${'['.repeat(100_000)}`,
      '{"text":"a"}',
    ]
    const { documents, problems } = read('a.jsonl', lines.join('\n'))
    expect(documents).toEqual([text('a')])
    expect(problems.map(({ kind, lines }) => [kind, ...lines])).toEqual([
      ['row-too-long', 1],
      ['row-not-json', 2, 3],
    ])
  })

  test('E24 and E25: ragged rows and what follows an open quote are left out', () => {
    const { documents, problems } = read('a.csv', 'text,x\na,1\nb\n"c,2\nd,3')
    expect(documents).toEqual([text('a')])
    expect(problems).toEqual([
      { kind: 'quote-not-closed', file: 'a.csv', count: 1, lines: [4] },
      { kind: 'ragged-row', file: 'a.csv', count: 1, lines: [3] },
    ])
  })

  test.each<[string, string, string, ErrorCode]>([
    ['E01 no bytes', 'a.jsonl', '', 'corpus/empty'],
    ['E01 no bytes', 'a.txt', '', 'corpus/empty'],
    ['E02 newlines', 'a.jsonl', '\n\n\n', 'corpus/empty'],
    ['an empty array', 'a.json', '[]', 'corpus/empty'],
    ['a header only', 'a.csv', 'text\n', 'corpus/empty'],
    ['E07 all bad', 'a.jsonl', 'x\ny', 'corpus/row-invalid'],
    ['E16 null contents', 'a.jsonl', '{"messages":[{"role":"user","content":null}]}', 'corpus/row-invalid'],
    [
      'E17 empty answers',
      'a.jsonl',
      '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":""}]}',
      'corpus/no-trained-tokens',
    ],
    ['numbers', 'a.jsonl', '{"text":1}', 'corpus/row-invalid'],
    ['unknown columns', 'a.jsonl', '{"a":1,"b":2}', 'corpus/unknown-columns'],
    ['unknown columns', 'a.csv', 'a,b\n1,2', 'corpus/unknown-columns'],
    ['E14 only __proto__', 'a.jsonl', '{"__proto__":{"text":"x"}}', 'corpus/unknown-columns'],
    ['E28 100,000 columns', 'a.csv', `${'a,'.repeat(100_000)}\n`, 'corpus/unknown-columns'],
  ])('%s in %s', (_name, file, content, code) => {
    expect(codeOf(() => read(file, content))).toBe(code)
  })

  test('an error about columns names those it found', () => {
    expect(() => read('a.jsonl', '{"a":1,"b":2}')).toThrow(
      expect.objectContaining({
        code: 'corpus/unknown-columns',
        details: expect.objectContaining({ name: 'a.jsonl', columns: 'a, b' }) as unknown,
      }),
    )
  })
})

test.each([
  ['a.txt', 'Once upon a time.', 'text'],
  ['a.md', '# Title', 'text'],
  ['a.jsonl', '{"text":"a"}', 'text-rows'],
  ['a.jsonl', '{"prompt":"a","completion":"b"}', 'prompt-completion'],
  ['a.json', '[{"messages":[{"role":"assistant","content":"b"}]}]', 'messages'],
  ['a.csv', 'question,answer\na,b', 'prompt-completion'],
])('%s with %s is %s', (name, content, kind) => {
  expect(detectCorpus(name, content)).toBe(kind)
  expect(readCorpus(name, content).kind).toBe(kind)
})
