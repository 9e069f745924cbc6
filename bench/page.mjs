// npm run bench:page [-- --rounds 5 --seconds 10 --dist folder --gpu --out file.json | --save]
//
// From the load of the built page to the first training loss, and how smooth the page is while it trains. Every round has
// a fresh profile: its first page is the cold one, its second the warm one. The newcomer's button is pressed as soon as it
// can be. A frame can be late because our own script kept the page's thread, or because somebody else had the processor
// (the software adapter takes every core): long tasks and the thread's own processor time say what is ours, and an empty
// page beside the one that trains says what is the machine's. Smoothness is measured in the newcomer's run and in one of so
// small steps that the page redraws as often as it ever does. --only leaves one of the parts out; --dist serves a folder
// that was built before.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { chromiumArguments, findChromium } from '../scripts/chromium.mjs'
import { framesSince, watchFrames, watchPage } from './watchPage.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
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

/** Steps of a few tokens: on any device there are more of them than redraws. */
const SMALL_STEPS = '?steps=3000&length=16&batch=1&rank=2&targets=q.v&evaluate=0'

const parts = {
  load: { cold: [], warm: [] },
  'smooth/newcomer': [],
  'smooth/small steps': [],
}
const isWanted = (part) => part.includes(values.only)
let version = ''
for (let round = 0; round < Number(values.rounds); round++) {
  if (isWanted('load')) {
    await withProfile(async (context) => {
      for (const kind of ['cold', 'warm']) parts.load[kind].push(await visit(context, { kind }))
    })
  }
  for (const [part, query] of [
    ['smooth/newcomer', ''],
    ['smooth/small steps', SMALL_STEPS],
  ]) {
    if (isWanted(part)) await withProfile(async (context) => parts[part].push(await watchTraining(context, query)))
  }
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
  browser: 'processor seconds: the browser',
  gpuProcess: 'of them its GPU process',
  others: 'processor seconds: everybody else',
}
const result = {
  browser: version,
  date: new Date().toISOString().slice(0, 10),
  isGpu: values.gpu,
  cores: cpus().length,
  n: Number(values.rounds),
  ...(isWanted('load') && {
    secondsFromLoad: Object.fromEntries(
      Object.entries(parts.load).map(([kind, list]) => [
        kind,
        Object.fromEntries(
          Object.keys(phaseNames).map((name) => [name, summarize(list.map((phases) => phases[name] / 1000))]),
        ),
      ]),
    ),
  }),
  smoothness: Object.fromEntries(
    ['smooth/newcomer', 'smooth/small steps']
      .filter(isWanted)
      .map((part) => [part.slice('smooth/'.length), smoothnessOf(parts[part])]),
  ),
}
print(result)
const out = values.out ?? (values.save ? `bench/results/page-${values.gpu ? 'gpu' : 'swiftshader'}.json` : undefined)
if (out) {
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify(result, null, 1)}\n`)
}

async function withProfile(work) {
  const profile = mkdtempSync(join(tmpdir(), 'plume-profile-'))
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : {}),
    args,
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
  })
  version = context.browser()?.version() ?? version
  await context.addInitScript(watchPage)
  await work(context)
  await context.close()
  rmSync(profile, { recursive: true, force: true })
}

/** Opens the page and presses the newcomer's button as soon as it can be pressed. */
async function openAndPress(context, query = '') {
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(error.message))
  await page.goto(`${address}/#/start${query}`, { waitUntil: 'commit' })
  await page.getByRole('button', { name: 'Train the small model on a sample' }).click({ timeout: LIMIT_MS })
  return page
}

/** From the load to the base's last answer, in milliseconds since the load began; then the run is stopped. */
async function visit(context, { kind }) {
  const meter = await processorMeter(context)
  const before = await meter()
  const page = await openAndPress(context)
  await waitForStep(page, 1)
  const firstLoss = await page.evaluate(() => performance.now())
  const after = await meter()
  await waitForAnswers(page)
  const pressed = await page.evaluate(() => window.plumePage.pressedAt)
  const marks = await milestonesOf(page)
  const at = (name) => marks.find((mark) => mark.name === name)?.time ?? Number.NaN
  await page.getByRole('button', { name: 'Stop and keep the best' }).first().click({ timeout: LIMIT_MS })
  const compare = page.getByRole('button', { name: 'Compare before and after' }).first()
  await compare.waitFor({ timeout: LIMIT_MS })
  await page.close()
  const phases = {
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
    browser: after.browser - before.browser,
    gpuProcess: after.gpuProcess - before.gpuProcess,
    others: after.others - before.others,
  }
  const seconds = (ms) => (ms / 1000).toFixed(2)
  console.log(
    `${kind}: built ${seconds(phases.runBuilt)}, first loss ${seconds(firstLoss)}, base has answered ` +
      `${seconds(phases.answered)} s; processor: ${seconds(phases.browser)} s, and ${seconds(phases.others)} of others`,
  )
  return phases
}

/** Some seconds of training, once the base was measured, with an empty page beside it. */
async function watchTraining(context, query) {
  const page = await openAndPress(context, query)
  await waitForAnswers(page)
  await waitForStep(page, 3)
  const idle = await emptyWindow(context)
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  const [from, idleFrom] = [await page.evaluate(watchFrames), await idle.evaluate(watchFrames)]
  const stepFrom = await stepOf(page)
  const before = await metricsOf(cdp)
  await page.waitForTimeout(1000 * Number(values.seconds))
  const after = await metricsOf(cdp)
  const watched = {
    steps: (await stepOf(page)) - stepFrom,
    training: await page.evaluate(framesSince, from),
    beside: await idle.evaluate(framesSince, idleFrom),
    spent: Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]])),
  }
  const { intervals, longTasks } = watched.training
  console.log(
    `${query ? 'small steps' : 'newcomer'}: ${watched.steps} steps, ${intervals.length} frames, ${longTasks.length} long tasks`,
  )
  return watched
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

function stepOf(page) {
  return page.evaluate(() => document.querySelector('section progress')?.value ?? 0)
}

function waitForStep(page, step) {
  const options = { polling: 20, timeout: LIMIT_MS }
  return page.waitForFunction(
    (least) => (document.querySelector('section progress')?.value ?? 0) >= least,
    step,
    options,
  )
}

function waitForAnswers(page) {
  const isThere = () => /Base, before training/.test(document.querySelector('main')?.textContent ?? '')
  return page.waitForFunction(isThere, undefined, { polling: 250, timeout: LIMIT_MS })
}

/** Processor milliseconds of all of the browser's processes, of the one that compiles and computes, and of everybody else. */
async function processorMeter(context) {
  const session = await context.browser().newBrowserCDPSession()
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    const sumOf = (list) => 1000 * list.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
    const browser = sumOf(processInfo)
    const gpuProcess = sumOf(processInfo.filter(({ type }) => type === 'GPU'))
    const busy = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys, 0)
    return { browser, gpuProcess, others: busy - browser }
  }
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
    steps: each(({ steps }) => steps),
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
  const row = (what, ...figures) => console.log(`${what.padEnd(38)}${figures.join('  ')}`)
  if (secondsFromLoad) {
    row(`\nseconds from the load of the page, n ${n}`, '   cold              warm')
    const { cold, warm } = secondsFromLoad
    for (const [name, what] of Object.entries(phaseNames)) row(what, figure(cold[name]), figure(warm[name]))
  }
  for (const [name, one] of Object.entries(smoothness)) {
    row(`\n${name}, ${one.n} times ${one.secondsEach} s`, '   the page          an empty page beside it')
    row('median ms between frames', figure(one.page.medianMs, 1), figure(one.emptyPageBeside.medianMs, 1))
    row('95th percentile', figure(one.page.p95Ms, 1), figure(one.emptyPageBeside.p95Ms, 1))
    row('frames a second', figure(one.page.perSecond, 1), figure(one.emptyPageBeside.perSecond, 1))
    row('share later than 1.5 frames', figure(one.page.lateShare, 3), figure(one.emptyPageBeside.lateShare, 3))
    row('share later than 2.5 frames', figure(one.page.veryLateShare, 3), figure(one.emptyPageBeside.veryLateShare, 3))
    row('steps', figure(one.steps, 0))
    row('long tasks of the page’s thread', figure(one.longTasks, 0), `together ${figure(one.longTaskMs, 0)} ms`)
    for (const [kind, ms] of Object.entries(one.threadMsPerSecond)) row(`processor ms a second: ${kind}`, figure(ms, 1))
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
