// An adapter as text for an address: what comes back, and what a stranger's link may not do.
import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { MAX_LINK_BYTES, readAdapterLink, writeAdapterLink } from '../../../src/adapters/adapterLink'
import { AppError } from '../../../src/base/errors'
import { Random } from '../../../src/base/random'

const random = new Random(3)
const noise = (length: number) => Uint8Array.from({ length }, () => random.integer(256))
const file = noise(5000)
const link = (await writeAdapterLink(file)).text ?? ''
const [, size = '', hash = '', payload = ''] = link.split('.')

/** A link of any bytes, with the hash that they have: what somebody who means harm can make. */
function linkOf(packed: Uint8Array): string {
  const sha256 = createHash('sha256').update(packed).digest('hex')
  return `1.${packed.byteLength}.${sha256}.${Buffer.from(packed).toString('base64url')}`
}

async function codeOf(text: string): Promise<string> {
  try {
    await readAdapterLink(text)
    return 'read'
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code
    throw thrown
  }
}

test('what is written is read, and only of letters that no program changes', async () => {
  expect(await readAdapterLink(link)).toEqual(file)
  expect(link).toMatch(/^[\w.-]+$/)
})

test('one that is too large says how large, and is no link', async () => {
  const just = await writeAdapterLink(noise(MAX_LINK_BYTES - 500))
  expect(just.text).not.toBeNull()
  expect(await readAdapterLink(just.text ?? '')).toHaveLength(MAX_LINK_BYTES - 500)
  const beyond = await writeAdapterLink(noise(MAX_LINK_BYTES + 1000))
  expect(beyond.text).toBeNull()
  expect(beyond.bytes).toBeGreaterThan(MAX_LINK_BYTES)
  expect(await writeAdapterLink(new Uint8Array(MAX_LINK_BYTES * 11))).toEqual({
    text: null,
    bytes: MAX_LINK_BYTES * 11,
  })
})

const flipped = (text: string, at: number) => `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
const bomb = (bytes: number) => deflateRawSync(new Uint8Array(bytes), { level: 9 })

test.each([
  ['one character less', link.slice(0, -1), 'link/cut'],
  ['cut in the payload', link.slice(0, 200), 'link/cut'],
  ['cut in the hash', `1.${size}.${hash.slice(0, 20)}`, 'link/cut'],
  ['only its version', '1', 'link/cut'],
  ['another version', `2.${size}.${hash}.${payload}`, 'link/unknown-version'],
  ['nothing', '', 'link/unknown-version'],
  ['another character in it', flipped(link, 500), 'link/damaged'],
  ['another hash', link.replace(hash, '0'.repeat(64)), 'link/damaged'],
  ['more at its end', `${link}AAAA`, 'link/damaged'],
  ['a fifth part', `${link}.x`, 'link/damaged'],
  ['a size that is no number', `1.-5.${hash}.${payload}`, 'link/damaged'],
  ['escapes', link.replace(payload, `%41${payload.slice(3)}`), 'link/damaged'],
  ['ten megabytes of letters', `1.${size}.${hash}.${'A'.repeat(10_000_000)}`, 'link/too-large'],
  ['bytes that are not deflated', linkOf(noise(300)), 'link/damaged'],
  ['deflated bytes without an end', linkOf(deflateRawSync(file).subarray(0, 4000)), 'link/damaged'],
  ['2 MiB and one byte of zeros in 2 kB', linkOf(bomb(2 * 1024 * 1024 + 1)), 'link/damaged'],
  ['150 MB of zeros in 150 kB', linkOf(bomb(150_000_000)), 'link/damaged'],
  ['2 MiB of zeros', linkOf(bomb(2 * 1024 * 1024)), 'read'],
])('%s', async (_, text, expected) => {
  const started = performance.now()
  expect(await codeOf(text)).toBe(expected)
  expect(performance.now() - started).toBeLessThan(2000)
})
