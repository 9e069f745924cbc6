import { MessageChannel } from 'node:worker_threads'
import { expose, wrap, type Endpoint } from 'comlink'
import { expect, test } from 'vitest'
import { AppError } from '../../../src/base/errors'
import { packError, registerErrorTransfer, unpackError } from '../../../src/rpc/errorTransfer'

registerErrorTransfer()

/** Calls a function on the other side of a real port. */
async function throwAcross(thrown: unknown): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  const api = {
    fail: () => {
      throw thrown
    },
  }
  // Node's ports have the methods comlink uses; only their types differ.
  expose(api, port1 as unknown as Endpoint)
  const remote = wrap<typeof api>(port2 as unknown as Endpoint)
  try {
    const failing: Promise<never> = Promise.resolve(remote.fail())
    return await failing
  } catch (caught) {
    return caught
  } finally {
    port1.close()
    port2.close()
  }
}

test('an error keeps its code and details across a worker border', async () => {
  const thrown = new AppError('corpus/too-small', { message: '3 tokens, at least 32', details: { tokens: 3 } })
  const caught = await throwAcross(thrown)
  expect(caught).toBeInstanceOf(AppError)
  expect(caught).toMatchObject({ code: 'corpus/too-small', message: '3 tokens, at least 32', details: { tokens: 3 } })
})

test('a defect becomes an unexpected error with its own words', async () => {
  const caught = await throwAcross(new TypeError('x is undefined'))
  expect(caught).toMatchObject({ code: 'unexpected', message: 'x is undefined' })
})

test('a code from another version of the page is not believed', () => {
  const wire = { ...packError(new Error('no')), code: 'made/up' as 'unexpected' }
  expect(unpackError(wire).code).toBe('unexpected')
})
