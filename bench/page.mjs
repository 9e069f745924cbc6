// npm run bench:page [-- --rounds 5 --seconds 10 --dist folder --gpu --out file.json | --save]
//
// From the load of the built page to the first training loss, and how smooth the page is while it trains. Every round has
// a fresh profile: its first page is the cold one, its second the warm one. The newcomer's button is pressed as soon as it
// can be. A frame can be late because our own script kept the page's thread, or because somebody else had the processor
// (the software adapter takes every core): long tasks and the thread's own processor time say what is ours, and an empty
// page beside the one that trains says what is the machine's. --dist serves a folder that was built before.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { chromiumArguments, findChromium } from '../scripts/chromium.mjs'
import { framesBetween, watchPage } from './watchPage.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    dist: { type: 'string' },
    gpu: { type: 'boolean', default: false },
    out: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})
const FRAME_MS = 1000 / 60
/** Half a frame more: a clock that jitters is no frame that was missed. */
const LATE_MS = 1.5 * FRAME_MS
const VERY_LATE_MS = 2.5 * FRAME_MS
const LIMIT_MS = 120_000

if (values.dist && !existsSync(join(values.dist, 'index.html'))) throw new Error(`${values.dist} holds no built page`)
const outDir = values.dist ?? 'dist'
if (!values.dist) await build({ logLevel: 'error' })
const server = await preview({ preview: { port: 0 }, build: { outDir }, logLevel: 'error' })
const address = `http://localhost:${server.httpServer.address().port}`
const args = values.gpu ? ['--no-sandbox', '--enable-unsafe-webgpu', '--enable-features=Vulkan'] : chromiumArguments
const executablePath = findChromium()

const visits = { cold: [], warm: [] }
let version = ''
for (let round = 0; round < Number(values.rounds); round++) {
  const profile = mkdtempSync(join(tmpdir(), 'plume-profile-'))
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : {}),
    args,
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
  })
  version = context.browser()?.version() ?? version
  await context.addInitScript(watchPage)
  for (const kind of ['cold', 'warm']) {
    const visit = await visitPage(context)
    visits[kind].push(visit)
    const { pressed, firstLoss, baseMeasured, answered } = visit.phases
    console.log(
      `${kind}: pressed ${seconds(pressed)}, first loss ${seconds(firstLoss)}, base measured ${seconds(baseMeasured)}, ` +
        `answered ${seconds(answered)} s; frames ${visit.training.intervals.length} in ${values.seconds} s`,
    )
  }
  await context.close()
  rmSync(profile, { recursive: true, force: true })
}
await server.close()

const phaseNames = {
  pressed: 'the button can be pressed',
  deviceReady: 'device',
  corpusReady: 'corpus',
  modelReady: 'model',
  runRecorded: 'run recorded',
  runBuilt: 'run built on the device',
  stepDone: 'first step done',
  firstLoss: 'first loss on the page',
  baseMeasured: 'base measured',
  answered: 'base has answered',
}
const result = {
  browser: version,
  date: new Date().toISOString().slice(0, 10),
  isGpu: values.gpu,
  n: Number(values.rounds),
  secondsFromLoad: Object.fromEntries(
    Object.entries(visits).map(([kind, list]) => [
      kind,
      Object.fromEntries(
        Object.keys(phaseNames).map((name) => [name, summarize(list.map(({ phases }) => phases[name] / 1000))]),
      ),
    ]),
  ),
  smoothness: smoothnessOf([...visits.cold, ...visits.warm]),
}
print(result)
const out = values.out ?? (values.save ? `bench/results/page-${values.gpu ? 'gpu' : 'swiftshader'}.json` : undefined)
if (out) {
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify(result, null, 1)}\n`)
}

/** One visit: load, press, first loss, then some seconds of training with an empty page beside it. */
async function visitPage(context) {
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(error.message))
  await page.goto(`${address}/#/start`, { waitUntil: 'commit' })
  await page.getByRole('button', { name: 'Train the small model on a sample' }).click({ timeout: LIMIT_MS })
  await waitForStep(page, 1)
  const firstLoss = await page.evaluate(() => performance.now())
  const idle = await emptyWindow(context)
  const idleFrom = await idle.evaluate(() => performance.now())
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await metricsOf(cdp)
  await page.waitForTimeout(1000 * Number(values.seconds))
  const after = await metricsOf(cdp)
  const spent = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]]))
  const until = await page.evaluate(() => performance.now())
  const training = await page.evaluate(framesBetween, [firstLoss, until])
  const beside = await idle.evaluate(framesBetween, [idleFrom, Number.POSITIVE_INFINITY])
  await idle.close()
  const pressed = await page.evaluate(() => window.plumePage.pressedAt)
  await page.waitForFunction(
    () => /Base, before training/.test(document.querySelector('main')?.textContent ?? ''),
    undefined,
    { polling: 500, timeout: LIMIT_MS },
  )
  const marks = await milestonesOf(page)
  const at = (name) => marks.find((mark) => mark.name === name)?.time ?? Number.NaN
  await page.getByRole('button', { name: 'Stop and keep the best' }).first().click({ timeout: LIMIT_MS })
  await page.getByRole('button', { name: 'Compare before and after' }).first().waitFor({ timeout: LIMIT_MS })
  await page.close()
  return {
    phases: {
      pressed,
      deviceReady: at('device ready'),
      corpusReady: at('corpus ready'),
      modelReady: at('model ready'),
      runRecorded: at('run recorded'),
      runBuilt: at('run built'),
      stepDone: at('step 1'),
      firstLoss,
      baseMeasured: at('validation 0'),
      answered: marks.findLast(({ name }) => name === 'sample 0')?.time ?? Number.NaN,
    },
    training,
    beside,
    spent,
  }
}

/** A page with nothing on it, in a window of its own: a tab behind another would get no frames. */
async function emptyWindow(context) {
  const opened = context.waitForEvent('page')
  const browser = await context.browser().newBrowserCDPSession()
  await browser.send('Target.createTarget', { url: 'about:blank', newWindow: true })
  const idle = await opened
  await idle.goto(`${address}/corpora/index.json`)
  await browser.detach()
  return idle
}

function waitForStep(page, step) {
  return page.waitForFunction((least) => (document.querySelector('section progress')?.value ?? 0) >= least, step, {
    polling: 20,
    timeout: LIMIT_MS,
  })
}

/** Seconds that the page's thread worked since the measuring began, in its own processor time. */
async function metricsOf(cdp) {
  const { metrics } = await cdp.send('Performance.getMetrics')
  const of = (name) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN
  return {
    clock: of('Timestamp'),
    all: of('TaskDuration'),
    script: of('ScriptDuration'),
    layout: of('LayoutDuration') + of('RecalcStyleDuration'),
  }
}

/** Marks of the page and of its workers, in milliseconds since the page began to load. */
async function milestonesOf(page) {
  const read = () =>
    performance
      .getEntriesByType('mark')
      .filter(({ name }) => name.startsWith('plume: '))
      .map(({ name, startTime }) => ({ name: name.slice(7), time: performance.timeOrigin + startTime }))
  const origin = await page.evaluate(() => performance.timeOrigin)
  const lists = await Promise.all([page.evaluate(read), ...page.workers().map((worker) => worker.evaluate(read))])
  return lists
    .flat()
    .map(({ name, time }) => ({ name, time: time - origin }))
    .toSorted((a, b) => a.time - b.time)
}

function smoothnessOf(list) {
  const each = (read) => summarize(list.map(read))
  const frames = (read) => ({
    medianMs: each((visit) => quantile(read(visit).intervals, 0.5)),
    p95Ms: each((visit) => quantile(read(visit).intervals, 0.95)),
    perSecond: each((visit) => 1000 / mean(read(visit).intervals)),
    lateShare: each((visit) => shareOver(read(visit).intervals, LATE_MS)),
    veryLateShare: each((visit) => shareOver(read(visit).intervals, VERY_LATE_MS)),
  })
  const perSecond = (name) => each(({ spent }) => (1000 * spent[name]) / spent.clock)
  return {
    n: list.length,
    secondsEach: Number(values.seconds),
    page: frames(({ training }) => training),
    emptyPageBeside: frames(({ beside }) => beside),
    longTasks: each(({ training }) => training.longTasks.length),
    longTaskMs: each(({ training }) => training.longTasks.reduce((sum, one) => sum + one, 0)),
    threadMsPerSecond: { all: perSecond('all'), script: perSecond('script'), layout: perSecond('layout') },
  }
}

function print({ secondsFromLoad, smoothness, n }) {
  const figure = ({ median, spread }, digits = 2) =>
    `${median.toFixed(digits).padStart(8)} ± ${spread.toFixed(digits).padEnd(6)}`
  console.log(`\nseconds from the load of the page, n ${n}   cold              warm`)
  for (const [name, what] of Object.entries(phaseNames)) {
    console.log(`${what.padEnd(36)}  ${figure(secondsFromLoad.cold[name])}  ${figure(secondsFromLoad.warm[name])}`)
  }
  console.log(
    `\nwhile it trains, ${smoothness.n} times ${smoothness.secondsEach} s          the page          an empty page beside it`,
  )
  const shown = { medianMs: 'median ms between frames', p95Ms: '95th percentile', perSecond: 'frames a second' }
  for (const [name, what] of Object.entries(shown)) {
    console.log(
      `${what.padEnd(36)}  ${figure(smoothness.page[name], 1)}  ${figure(smoothness.emptyPageBeside[name], 1)}`,
    )
  }
  const shares = { lateShare: 'share later than 1.5 frames', veryLateShare: 'share later than 2.5 frames' }
  for (const [name, what] of Object.entries(shares)) {
    console.log(`${what.padEnd(36)}  ${figure(smoothness.page[name])}  ${figure(smoothness.emptyPageBeside[name])}`)
  }
  const { longTasks, longTaskMs, threadMsPerSecond } = smoothness
  console.log(`long tasks of the page’s thread       ${figure(longTasks, 0)}, together ${figure(longTaskMs, 0)} ms`)
  for (const [name, ms] of Object.entries(threadMsPerSecond)) {
    console.log(`${`processor ms a second: ${name}`.padEnd(36)}  ${figure(ms, 1)}`)
  }
}

/** Median, and half the distance between the quartiles. */
function summarize(list) {
  return { median: quantile(list, 0.5), spread: (quantile(list, 0.75) - quantile(list, 0.25)) / 2 }
}

function quantile(list, share) {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
}

function mean(list) {
  return list.reduce((sum, one) => sum + one, 0) / list.length
}

function shareOver(list, limit) {
  return list.filter((one) => one > limit).length / list.length
}

function seconds(ms) {
  return (ms / 1000).toFixed(2)
}
