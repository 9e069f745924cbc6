// The policy of every response: one folder may ask the hub, everything else nobody.
import { expect, test } from 'vitest'
import { headersFile, headersOf } from '../../scripts/headers.mjs'
import { HUB_ENDPOINT, UPLOAD_ORIGIN } from '../../src/hub/hosts'

const connectOf = (path: string) => /connect-src ([^;]+)/.exec(headersOf(path)['Content-Security-Policy'])?.[1]

test.each(['/', '/index.html', '/assets/engine.worker-1.js', '/models/plume-stories/config.json', '/hub.js'])(
  '%s may ask its own origin only',
  (path) => expect(connectOf(path)).toBe("'self'"),
)

test('the hub worker may ask the hub, and not even its own origin', () => {
  expect(connectOf('/hub/hub.worker-1.js')).toBe(
    `${HUB_ENDPOINT} https://*.huggingface.co https://*.hf.co ${UPLOAD_ORIGIN}`,
  )
})

test('no path of the static hosts’ file gets two policies, which would allow only what both allow', () => {
  const rules = headersFile()
    .split(/\n(?=\/)/)
    .map((rule) => rule.split('\n'))
    .filter((lines) => lines.some((line) => line.includes('Content-Security-Policy')))
    .map(([path = '']) => path)
  const matches = (rule: string, path: string) =>
    rule.endsWith('*') ? path.startsWith(rule.slice(0, -1)) : rule === path
  for (const path of ['/', '/index.html', '/assets/a.js', '/hub/hub.worker-1.js']) {
    expect(rules.filter((rule) => matches(rule, path))).toHaveLength(1)
  }
})
