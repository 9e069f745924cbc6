// Every family of tokenizers against the ids that the Rust library gave; make_tokenizers.py wrote them.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { loadTokenizer } from '../../src/text/tokenizer'

interface Golden {
  readonly tokenizer: unknown
  readonly ids: readonly (readonly number[])[]
  readonly special: Readonly<Record<string, readonly number[]>>
  readonly decoded: Readonly<Record<string, string>>
  readonly decodedSpecial: Readonly<Record<string, readonly [string, string]>>
}

const read = (name: string): unknown =>
  JSON.parse(gunzipSync(readFileSync(new URL(`goldens/tokenizers/${name}.json.gz`, import.meta.url))).toString())

const strings = read('strings') as readonly string[]
const names = [
  'gpt2',
  'gpt2-split',
  'smollm2',
  'llama3',
  'qwen2',
  'flags',
  'llama2',
  'metaspace-first',
  'metaspace-unknown',
]

test('there are at least 2,000 strings', () => {
  expect(new Set(strings).size).toBeGreaterThanOrEqual(2000)
})

/** The cases where `got` is not what was expected, as one list: 2,000 expectations would hide it. */
function differences<Value>(
  expected: (index: number) => Value,
  got: (text: string, index: number) => Value,
): unknown[] {
  return strings.flatMap((text, index) => {
    const [want, have] = [expected(index), got(text, index)]
    return JSON.stringify(want) === JSON.stringify(have) ? [] : [{ index, text, want, have }]
  })
}

describe.each(names)('%s', (name) => {
  const golden = read(name) as Golden
  const tokenizer = loadTokenizer(golden.tokenizer)
  const withSpecial = (index: number) => golden.special[index] ?? golden.ids[index] ?? []

  test('has the ids of the reference', () => {
    expect(golden.ids.length).toBe(strings.length)
    expect(
      differences(
        (index) => golden.ids[index],
        (text) => tokenizer.encode(text),
      ),
    ).toEqual([])
  })

  test('has the ids of the reference where special tokens are allowed', () => {
    expect(Object.keys(golden.special).length).toBeGreaterThan(40)
    expect(differences(withSpecial, (text) => tokenizer.encode(text, { allowSpecial: true }))).toEqual([])
  })

  test('a range over the whole text allows what true allows, an empty list nothing', () => {
    const whole = (text: string) => [{ start: 0, end: text.length }]
    expect(differences(withSpecial, (text) => tokenizer.encode(text, { allowSpecial: whole(text) }))).toEqual([])
    expect(
      differences(
        (index) => golden.ids[index],
        (text) => tokenizer.encode(text, { allowSpecial: [] }),
      ),
    ).toEqual([])
  })

  test('decodes what the reference decodes', () => {
    expect(
      differences(
        (index) => golden.decoded[index] ?? strings[index]?.replace(/\p{Surrogate}/gu, '\ufffd'),
        (_, index) => tokenizer.decode(golden.ids[index] ?? []),
      ),
    ).toEqual([])
    const special = Object.entries(golden.special).map(([index, ids]) => ({
      index,
      want: golden.decodedSpecial[index],
      have: [tokenizer.decode(ids), tokenizer.decode(ids, { skipSpecial: true })],
    }))
    expect(special.filter(({ want, have }) => want?.join('\0') !== have.join('\0'))).toEqual([])
  })

  test('no text becomes a control token by itself', () => {
    const unknown = (golden.tokenizer as { model: { unk_token?: string | null } }).model.unk_token
    const control = new Set([...tokenizer.specialTokens].filter(([content]) => content !== unknown).map(([, id]) => id))
    expect(strings.filter((text) => tokenizer.encode(text).some((id) => control.has(id)))).toEqual([])
  })
})
