import { beforeEach, expect, test, vi } from 'vitest'
import { AppError } from '../../../src/base/errors'
import type { CorpusApi, CorpusRequest } from '../../../src/engine/api'
import { connect } from '../../../src/rpc/client'
import { corpusOf, useDataset } from '../../../src/stores/dataset'
import type { ColumnMapping } from '../../../src/text/types'
import { fakeCorpus, fakeEngine } from '../../helpers/fakeEngine'

vi.stubGlobal('document', { baseURI: 'http://localhost/' })

const rows = Array.from({ length: 12 }, (_, i) => `{"prompt":"Why ${i}?","completion":"Because of ${i}."}`).join('\n')
const file = (name: string) => ({ name, bytes: new TextEncoder().encode(rows) })
const swapped: ColumnMapping = { kind: 'prompt-completion', prompt: 'completion', input: null, completion: 'prompt' }

let asked: CorpusRequest[] = []
let failsNext = false

beforeEach(async () => {
  asked = []
  failsNext = false
  const fake = fakeCorpus({ stepMs: 0 })
  const corpus: CorpusApi = {
    ...fake,
    prepare: (request) => {
      asked.push(request)
      if (!failsNext) return fake.prepare(request)
      failsNext = false
      return Promise.reject(new AppError('corpus/unknown-columns', { message: 'told to fail' }))
    },
  }
  connect(fakeEngine({ stepMs: 0 }), corpus)
  await useDataset.getState().takeFiles([file('a.jsonl')])
})

const settled = () => vi.waitFor(() => expect(useDataset.getState().state.name).not.toBe('reading'))

test('a mapping and fixes go with every request for these files', async () => {
  useDataset.getState().setMapping(swapped)
  await settled()
  useDataset.getState().toggleFix('drop-duplicates')
  await settled()
  expect(asked.at(-1)).toMatchObject({ mapping: swapped, fixes: ['drop-duplicates'] })
  useDataset.getState().toggleFix('drop-duplicates')
  await settled()
  expect(asked.at(-1)).toMatchObject({ mapping: swapped, fixes: [] })
})

test('other files are read as they are', async () => {
  useDataset.getState().setMapping(swapped)
  useDataset.getState().toggleFix('drop-too-long')
  await settled()
  await useDataset.getState().takeFiles([file('b.jsonl')])
  expect(asked.at(-1)).toMatchObject({ mapping: null, fixes: [] })
})

test('while the same files are read again the corpus stays to look at; other files begin with nothing', async () => {
  const before = corpusOf(useDataset.getState().state)
  useDataset.getState().setMapping(swapped)
  expect(useDataset.getState().state).toEqual({ name: 'reading', previous: before })
  await settled()
  const reading = useDataset.getState().takeFiles([file('b.jsonl')])
  expect(useDataset.getState().state).toEqual({ name: 'reading' })
  await reading
})

test('a mapping that reads nothing leaves what was there to look at, and can be taken back', async () => {
  const before = corpusOf(useDataset.getState().state)
  failsNext = true
  useDataset.getState().setMapping(swapped)
  await settled()
  expect(useDataset.getState().state).toMatchObject({ name: 'failed', error: { code: 'corpus/unknown-columns' } })
  expect(corpusOf(useDataset.getState().state)).toBe(before)
  useDataset.getState().setMapping(null)
  await settled()
  expect(useDataset.getState().state.name).toBe('ready')
})
