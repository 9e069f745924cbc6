// The adapters of a base: kept, found again, chosen, renamed, deleted; those of another base neither shown nor lost.
import { expect, test } from 'vitest'
import { writeAdapterArchive } from '../../../src/adapters/adapterArchive'
import { AppError } from '../../../src/base/errors'
import { describeAdapter, peftFolderOf, type AdaptedModel, type HostAdapter } from '../../../src/engine/adapterOnHost'
import { AdapterShelf } from '../../../src/engine/adapterShelf'
import { linearPath } from '../../../src/models/config'
import { declareAdapter, type LoraSettings } from '../../../src/models/lora'
import { MemoryStore } from '../../helpers/memoryStore'
import { tinyConfig, warmParameters } from '../../helpers/tinyModel'

const settings: LoraSettings = { rank: 2, alpha: 4, usesRsLora: false, targets: ['q_proj', 'v_proj'] }
const paths = [0, 1].flatMap((layer) => settings.targets.map((name) => linearPath(tinyConfig, layer, name)))

/** Its norms are those of weights that never were: the shelf only carries what is computed from them. */
function modelOf(digit: string): AdaptedModel {
  const info = { id: `base-${digit}`, sha256: digit.repeat(64) } as AdaptedModel['info']
  return { config: tinyConfig, info, linearNorms: () => Promise.resolve(new Map(paths.map((path) => [path, 1]))) }
}

async function adapterOf(model: AdaptedModel, seed: number, baseSha256 = model.info.sha256): Promise<HostAdapter> {
  const parameters = warmParameters(declareAdapter(tinyConfig, settings), seed)
  const origin = { baseModel: model.info.id, baseSha256, notes: [] }
  return { settings, parameters, info: await describeAdapter(model, settings, parameters, origin), provenance: null }
}

async function shelfOn(store: MemoryStore, model = modelOf('a')) {
  const shelf = new AdapterShelf(store)
  await shelf.open(model, 5)
  return shelf
}

const label = (name: string, keptAt = 1) => ({ name, origin: 'trained', keptAt }) as const
const namesOn = (shelf: AdapterShelf) => shelf.view().adapters.map(({ name }) => name)

test('what is kept is there at the next visit, with its values, and the chosen one answers', async () => {
  const store = new MemoryStore()
  const shelf = await shelfOn(store)
  const [one, two] = [await adapterOf(modelOf('a'), 1), await adapterOf(modelOf('a'), 2)]
  const { id } = await shelf.add(one, label('one', 1))
  await shelf.add(two, label('two', 2))
  expect(shelf.current).toBe(two)
  await shelf.choose(id)

  const next = await shelfOn(store)
  expect(namesOn(next)).toEqual(['two', 'one'])
  expect(next.view().currentId).toBe(id)
  expect(next.current?.parameters).toEqual(one.parameters)
  expect(next.view().adapters.map(({ info }) => info)).toEqual([two.info, one.info])
  await next.choose(null)
  expect(next.current).toBeNull()
  expect((await shelfOn(store)).view()).toMatchObject({ currentId: null, adapters: { length: 2 } })
})

test('what an opened file said of its origin is still known at the next visit', async () => {
  const store = new MemoryStore()
  const carried = { corpus: 'letters', seed: '7' }
  await (await shelfOn(store)).add({ ...(await adapterOf(modelOf('a'), 1)), carried }, label('opened'))
  expect((await shelfOn(store)).current).toMatchObject({ provenance: null, carried })
})

test('an adapter of another model is neither shown nor lost', async () => {
  const store = new MemoryStore()
  const [a, b] = [modelOf('a'), modelOf('b')]
  const shelf = await shelfOn(store, a)
  await shelf.add(await adapterOf(a, 1), label('of a'))
  await shelf.open(b, 5)
  expect(shelf.view()).toEqual({ adapters: [], currentId: null })
  await shelf.add(await adapterOf(b, 2), label('of b'))
  await shelf.open(a, 5)
  expect(namesOn(shelf)).toEqual(['of a'])
  expect(shelf.current?.info.baseModel).toBe('base-a')
  expect(namesOn(await shelfOn(store, b))).toEqual(['of b'])
})

test('is renamed and deleted, for good', async () => {
  const store = new MemoryStore()
  const shelf = await shelfOn(store)
  const { id } = await shelf.add(await adapterOf(modelOf('a'), 1), label('one'))
  const second = await shelf.add(await adapterOf(modelOf('a'), 2), label('two'))
  await shelf.rename(id, '  another  ')
  await shelf.rename(second.id, '')
  expect(namesOn(await shelfOn(store)).toSorted()).toEqual([second.id, 'another'].toSorted())
  await shelf.remove(second.id)
  expect(shelf.current).toBeNull()
  expect(namesOn(await shelfOn(store))).toEqual(['another'])
  await expect(shelf.adapterOf(second.id)).rejects.toMatchObject({ code: 'adapter/files-missing' })
})

test('the same numbers are kept once, under their newest name', async () => {
  const shelf = await shelfOn(new MemoryStore())
  await shelf.add(await adapterOf(modelOf('a'), 1), label('one'))
  const again = await adapterOf(modelOf('a'), 1, 'c'.repeat(64))
  await shelf.add(again, label('again'))
  expect(namesOn(shelf)).toEqual(['again'])
  expect(shelf.current).toBe(again)
})

test('with storage full it lives as long as the tab, also while another model is open', async () => {
  const store = new MemoryStore()
  const shelf = await shelfOn(store)
  store.failure = new AppError('storage/full', { message: 'no room' })
  const adapter = await adapterOf(modelOf('a'), 1)
  const { id, isStored } = await shelf.add(adapter, label('one'))
  expect(isStored).toBe(false)
  await shelf.open(modelOf('b'), 5)
  await shelf.open(modelOf('a'), 5)
  expect((await shelf.adapterOf(id)).parameters).toEqual(adapter.parameters)
  expect(shelf.current?.parameters).toEqual(adapter.parameters)
  expect(namesOn(await shelfOn(store))).toEqual([])
})

test('a damaged file is passed over and stays', async () => {
  const store = new MemoryStore()
  const shelf = await shelfOn(store)
  const { id } = await shelf.add(await adapterOf(modelOf('a'), 1), label('one'))
  const [file = ''] = [...store.files.keys()].filter((name) => name.includes(id))
  store.files.set(file, (store.files.get(file) ?? new Uint8Array()).slice(0, 100))
  expect((await shelfOn(store)).view()).toEqual({ adapters: [], currentId: null })
  expect(store.files.has(file)).toBe(true)
})

test('what an adapter says of its base is what it says at the next visit', async () => {
  const store = new MemoryStore()
  const model = modelOf('a')
  await (await shelfOn(store)).add(await adapterOf(model, 1, 'c'.repeat(64)), label('foreign'))
  const [kept] = (await shelfOn(store)).view().adapters
  expect(kept?.info).toMatchObject({ baseSha256: 'c'.repeat(64), matchesBaseHash: false })
})

test('the one file of before the shelf is found, by its own base only', async () => {
  const store = new MemoryStore()
  const model = modelOf('a')
  const { parameters } = await adapterOf(model, 1)
  const metadata = { base_sha256: model.info.sha256, corpus: 'log.txt' }
  const folder = peftFolderOf(model, { settings, parameters, dropout: 0, metadata })
  await store.write('current-adapter.zip', writeAdapterArchive(folder))
  expect(namesOn(await shelfOn(store, modelOf('b')))).toEqual([])
  expect(store.files.has('current-adapter.zip')).toBe(true)
  const shelf = await shelfOn(store)
  expect(namesOn(shelf)).toEqual(['log.txt'])
  expect(shelf.current?.parameters).toEqual(parameters)
  expect(store.files.has('current-adapter.zip')).toBe(false)
  expect(namesOn(await shelfOn(store))).toEqual(['log.txt'])
})
