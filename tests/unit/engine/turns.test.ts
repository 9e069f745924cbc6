import { expect, test } from 'vitest'
import { Turns } from '../../../src/engine/turns'

/** Work that ends when it is told to, and says in `order` that it began. */
function work(order: string[], name: string) {
  let end = () => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  const begin = async () => {
    order.push(name)
    await ended
    return name
  }
  return { begin, end: () => end() }
}

test('one at a time: what comes meanwhile is refused, and the next is taken when it has ended', async () => {
  const turns = new Turns()
  const run = work([], 'run')
  const running = turns.take(run.begin)
  expect(turns.admits).toBe(false)
  for (const isBrief of [false, true]) {
    await expect(turns.take(() => Promise.resolve(), { isBrief })).rejects.toMatchObject({ code: 'engine/busy' })
  }
  run.end()
  expect(await running).toBe('run')
  expect(await turns.take(() => Promise.resolve('next'))).toBe('next')
})

test('brief work is waited for, and can wait itself for what is not', async () => {
  const turns = new Turns()
  const order: string[] = []
  const [run, proof, answer] = [work(order, 'run'), work(order, 'proof'), work(order, 'answer')]
  const running = turns.take(run.begin)
  const proving = turns.take(proof.begin, { isBrief: true, waits: true })
  expect(order).toEqual(['run'])
  run.end()
  await running
  await Promise.resolve()
  expect(turns.admits).toBe(true)
  const answering = turns.take(answer.begin)
  expect(order).toEqual(['run', 'proof'])
  proof.end()
  answer.end()
  await Promise.all([proving, answering])
  expect(order).toEqual(['run', 'proof', 'answer'])
})

test('work that fails gives its turn back', async () => {
  const turns = new Turns()
  await expect(turns.take(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await turns.take(() => Promise.resolve(1))).toBe(1)
})
