// Columns of answers: the base, its adapter, others beside it, and a strength that is moved while one writes.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EngineApi, GenerateRequest } from '../../../src/engine/api'
import { connect } from '../../../src/rpc/client'
import { useAdapter } from '../../../src/stores/adapter'
import { columnsOf, useComparison } from '../../../src/stores/comparison'
import { useModel } from '../../../src/stores/model'
import { fakeCorpus, fakeEngine } from '../../helpers/fakeEngine'

const asked: GenerateRequest[] = []
const strengths: number[] = []
let onPiece: ((request: GenerateRequest) => void) | null = null

beforeEach(async () => {
  const fake = fakeEngine({ stepMs: 0 })
  const engine: EngineApi = {
    ...fake,
    generate: (request, onText) => {
      asked.push(request)
      return fake.generate(request, (piece, probability) => {
        onText(piece, probability)
        onPiece?.(request)
      })
    },
    setAdapterStrength: (strength) => {
      strengths.push(strength)
      return Promise.resolve()
    },
  }
  connect(engine, fakeCorpus())
  // The model that ships with the page is found by the page's address.
  useModel.setState({ choice: { name: 'mine', files: [] }, state: { name: 'none' } })
  asked.length = 0
  strengths.length = 0
  const zip = (name: string) => [{ name, bytes: new Uint8Array() }]
  for (const name of ['one.zip', 'two.zip', 'three.zip']) await useAdapter.getState().importFiles(zip(name))
})

afterEach(() => {
  onPiece = null
  useComparison.setState({ ...useComparison.getInitialState() })
})

test('the 2 x 2 is the default', () => {
  expect(columnsOf('both', [])).toEqual([
    { model: 'base', precision: 'float32' },
    { model: 'adapter', precision: 'float32' },
    { model: 'base', precision: 'int8' },
    { model: 'adapter', precision: 'int8' },
  ])
})

test('a piece that arrives after the result takes nothing away', async () => {
  const fake = fakeEngine({ stepMs: 0 })
  connect(
    {
      ...fake,
      generate: async (request, onText) => {
        const pieces: [string, number][] = []
        const result = await fake.generate(request, (...piece) => pieces.push(piece))
        for (const piece of pieces.slice(0, -1)) onText(...piece)
        setTimeout(() => onText(...(pieces.at(-1) ?? ['', 1])), 0)
        return result
      },
    },
    fakeCorpus(),
  )
  useComparison.getState().setPrecision('float32')
  await useComparison.getState().ask()
  await vi.waitFor(() => {
    const [answer] = Object.values(useComparison.getState().answers)
    expect(answer?.pieces.map(({ text }) => text).join('')).toBe(answer?.result?.text)
  })
})

test('others stand beside the current one, each asked by its id, until they are current or gone', async () => {
  const comparison = useComparison.getState()
  comparison.setBeside(['0', '1', '2'])
  expect(useComparison.getState().beside).toEqual(['0', '1'])
  await comparison.ask()
  expect(asked.map(({ usesAdapter, adapterId }) => [usesAdapter, adapterId])).toEqual([
    [false, undefined],
    [true, undefined],
    [true, '0'],
    [true, '1'],
  ])
  expect(Object.keys(useComparison.getState().answers)).toHaveLength(4)
  await useAdapter.getState().choose('1')
  expect(useComparison.getState().beside).toEqual(['0'])
  await useAdapter.getState().remove('0')
  expect(useComparison.getState().beside).toEqual([])
  expect(Object.keys(useComparison.getState().answers)).toEqual(['base-float32'])
})

test('a strength that is moved while an adapter writes reaches the engine, and its answer says so', async () => {
  const comparison = useComparison.getState()
  comparison.setStrength(1.5)
  expect(strengths).toEqual([]) // nobody writes
  onPiece = ({ usesAdapter }) => {
    if (!usesAdapter) comparison.setStrength(0.5)
  }
  await comparison.ask()
  expect(strengths).toEqual([]) // the base was writing
  onPiece = ({ usesAdapter }) => {
    if (!usesAdapter || strengths.length > 0) return
    comparison.setAdapterOn(false)
    comparison.setAdapterOn(true)
  }
  await comparison.ask()
  expect(strengths).toEqual([0, 0.5])
  const { answers } = useComparison.getState()
  expect(answers['adapter-float32']).toMatchObject({ strength: 0.5, isMoved: true })
  expect(answers['base-float32']).toMatchObject({ isMoved: false })
})

test('off is strength 0, and the strength is kept', async () => {
  const comparison = useComparison.getState()
  comparison.setStrength(2)
  comparison.setAdapterOn(false)
  await comparison.ask()
  expect(asked.map(({ adapterStrength }) => adapterStrength)).toEqual([0, 0])
  expect(useComparison.getState().strength).toBe(2)
})
