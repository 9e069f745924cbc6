// The shelf as the page sees it.
import { beforeEach, expect, test } from 'vitest'
import { connect } from '../../../src/rpc/client'
import { currentOf, useAdapter } from '../../../src/stores/adapter'
import { useModel } from '../../../src/stores/model'
import { fakeCorpus, fakeEngine } from '../../helpers/fakeEngine'

const file = (name: string) => [{ name, bytes: new Uint8Array() }]
const actions = useAdapter.getState()
const shown = () => useAdapter.getState()

beforeEach(async () => {
  connect(fakeEngine({ stepMs: 0 }), fakeCorpus())
  // The model that ships with the page is found by the page's address.
  useModel.setState({ choice: { name: 'mine', files: [] }, state: { name: 'none' } })
  useAdapter.setState(useAdapter.getInitialState())
  for (const name of ['one.zip', 'two.zip']) await actions.importFiles(file(name))
})

test('an import joins the shelf and answers', () => {
  expect(shown().shelf.adapters.map(({ name }) => name)).toEqual(['two.zip', 'one.zip'])
  expect(currentOf(shown().shelf)?.name).toBe('two.zip')
  expect(shown().openedFrom).toEqual(['two.zip'])
})

test('what does not change the current adapter leaves it the same object: nothing of it is computed anew', async () => {
  const before = shown().state
  await actions.rename('0', 'first')
  expect(shown().shelf.adapters.map(({ name }) => name)).toEqual(['two.zip', 'first'])
  await actions.remove('0')
  expect(shown().state).toBe(before)
  await actions.remove('1')
  expect(shown().state.name).toBe('none')
})

test('a sum is current', async () => {
  const terms = [
    { id: '0', weight: 1 },
    { id: '1', weight: 0.5 },
  ]
  await actions.combine({ name: 'sum', terms })
  expect(currentOf(shown().shelf)).toMatchObject({ name: 'sum', origin: 'combined' })
  expect(shown().state.name).toBe('ready')
})

test('a refused file leaves what answers, also where the model was opened for it', async () => {
  useModel.setState({ state: { name: 'none' } })
  useAdapter.setState({ ...useAdapter.getInitialState() })
  expect(await actions.importFiles(file('adapter_model.bin'))).toBe(false)
  expect(shown().importError?.code).toBe('file/pickle')
  expect(shown().state.name).toBe('ready')
  expect(currentOf(shown().shelf)?.name).toBe('two.zip')
})
