// npm test: everything a change must pass, with one closing line.
//   types and lint, unit and architecture tests in Node, GPU tests and end-to-end tests in Chromium.
// npm run test:long adds what takes longer. Chromium is found, or installed where there is none.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from './chromium.mjs'

const isLong = process.argv.includes('--long')
const reports = mkdtempSync(join(tmpdir(), 'plume-tests-'))
let passed = 0
let failed = 0

ensureChromium()
command('types', ['npx', 'tsc', '-p', 'tsconfig.json'])
command('types of the pure floors', ['npx', 'tsc', '-p', 'tsconfig.pure.json'])
command('lint', ['npx', 'oxlint', '--type-aware'])
vitest('node')
vitest('gpu')
playwright()
rmSync(reports, { recursive: true, force: true })

console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

function ensureChromium() {
  if (findChromium()) return
  console.log('No Chromium or Chrome here: installing one.')
  const playwright = spawnSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' })
  if (playwright.status === 0 && findChromium()) return
  const isRoot = process.getuid?.() === 0
  if (isRoot && spawnSync('apt-get', ['--version']).status === 0) {
    execFileSync('apt-get', ['update'], { stdio: 'ignore' })
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  }
  if (!findChromium()) {
    console.error('Chromium could not be installed. Install it or Chrome, or set CHROMIUM_PATH to one.')
    process.exit(1)
  }
}

/** A check that passes or fails as a whole. */
function command(name, [program, ...args]) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (status === 0) passed += 1
  else {
    failed += 1
    console.log(stdout)
  }
  console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${name}`)
}

function vitest(project) {
  const file = join(reports, `${project}.json`)
  const args = ['vitest', 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile=${file}`]
  spawnSync('npx', args, { stdio: 'inherit', env: { ...process.env, PLUME_LONG: isLong ? '1' : '' } })
  count(file, ({ numPassedTests, numFailedTests, success }) => [
    numPassedTests,
    numFailedTests + (success || numFailedTests > 0 ? 0 : 1),
  ])
}

function playwright() {
  const file = join(reports, 'playwright.json')
  const args = ['playwright', 'test', '--reporter=list,json']
  spawnSync('npx', args, {
    stdio: 'inherit',
    env: { ...process.env, PLUME_LONG: isLong ? '1' : '', PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  })
  count(file, ({ stats, errors }) => [stats.expected, stats.unexpected + stats.flaky + errors.length])
}

/** A report that is missing is a failure: a runner that died has not passed. */
function count(file, figures) {
  try {
    const [good, bad] = figures(JSON.parse(readFileSync(file, 'utf8')))
    passed += good
    failed += bad
  } catch (error) {
    console.error(`no report: ${error.message}`)
    failed += 1
  }
}
