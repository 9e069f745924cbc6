import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../../src/base/errors'
import { readTable } from '../../../src/text/corpus/detectCorpus'
import { openFiles } from '../../../src/text/corpus/openFiles'
import { readParquetRows } from '../../../src/text/corpus/parquetRows'
import type { Corpus } from '../../../src/text/types'
import { busyMs } from '../../helpers/busyTime'

// Written by make_parquet.py beside them.
const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/${name}`, import.meta.url))
const read = async (name: string): Promise<Corpus> => readTable(name, await readParquetRows(fixture(name), name), {})

describe('Parquet as pyarrow writes it', () => {
  test('texts, packed with snappy', async () => {
    const { documents, kind } = await read('texts.snappy.parquet')
    expect(kind).toBe('text-rows')
    expect(documents).toHaveLength(24)
    expect(documents[3]).toEqual({ kind: 'text', text: 'The lamp burns for night 3.' })
  })

  test('Alpaca columns, packed with gzip in pages of version 2, one answer missing', async () => {
    const { documents, problems, table } = await read('pairs.gzip.parquet')
    expect(documents).toHaveLength(23)
    expect(documents[0]).toEqual({
      kind: 'prompt-completion',
      prompt: 'Name the ship of day 0.\n\nIt sails north, 0.',
      completion: 'The ship is called Tern 0.',
    })
    expect(problems).toEqual([{ kind: 'row-without-completion', file: 'pairs.gzip.parquet', count: 1, lines: [6] }])
    expect(table?.mapping).toEqual({
      kind: 'prompt-completion',
      prompt: 'instruction',
      input: 'input',
      completion: 'output',
    })
  })

  test('messages as a list of structs, packed with zstd', async () => {
    const { documents } = await read('messages.zstd.parquet')
    expect(documents[7]).toEqual({
      kind: 'messages',
      messages: [
        { role: 'user', content: 'What does lamp 7 need?' },
        { role: 'assistant', content: 'Lamp 7 needs oil. 등불 7에는 기름이 필요해요.' },
      ],
    })
  })

  test('nothing packed, no dictionary', async () => {
    expect((await read('plain.none.parquet')).documents[23]).toEqual({
      kind: 'text',
      text: 'Night 23: the sea is calm.',
    })
  })

  test('a packing that is not read is named', async () => {
    await expect(read('texts.brotli.parquet')).rejects.toMatchObject({
      code: 'corpus/parquet-invalid',
      message: expect.stringContaining('BROTLI') as string,
    })
  })
})

describe('damaged Parquet', () => {
  const good = fixture('pairs.gzip.parquet')
  const codeOf = async (bytes: Uint8Array): Promise<string> => {
    try {
      await readParquetRows(bytes, 'a.parquet')
      return 'read'
    } catch (thrown) {
      return thrown instanceof AppError ? thrown.code : 'untyped'
    }
  }

  test('cut at every twentieth of its length', async () => {
    expect(await codeOf(good)).toBe('read')
    for (let part = 0; part < 20; part++) {
      const cut = good.subarray(0, Math.floor((good.length * part) / 20))
      expect(await codeOf(cut)).toBe('corpus/parquet-invalid')
    }
  })

  test('with any few bytes changed it is read or refused, within a second', async () => {
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = good.slice()
        for (const [place, value] of changes) bytes[place] = value
        const took = await busyMs(async () => {
          expect(['read', 'corpus/parquet-invalid', 'corpus/too-large']).toContain(await codeOf(bytes))
        })
        expect(took).toBeLessThan(1000)
      }),
      { numRuns: 1000, seed: 7 },
    )
  }, 60_000)
})

test('a Parquet file is known by its bytes, and keeps its error for later', async () => {
  const [texts, broken] = await openFiles([
    { name: 'data.bin', bytes: fixture('texts.snappy.parquet') },
    { name: 'broken.parquet', bytes: fixture('texts.snappy.parquet').subarray(0, 200) },
  ])
  expect(texts?.rows).toHaveLength(24)
  expect(broken?.rows).toMatchObject({ code: 'corpus/parquet-invalid' })
})
