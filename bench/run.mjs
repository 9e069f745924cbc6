// npm run bench [-- --rounds 7 --only linear --shape SmolLM2-135M --gpu --out file.json | --save]
//
// Times every kernel and whole steps in Chromium and prints median, spread, rates and the share of the
// floor: the larger of (operations / measured rate) and (bytes / measured bandwidth). Without --gpu the
// software adapter is used: good for ratios in one run, meaningless as product speed. --shape takes the whole steps of a
// model of the catalogue instead of the embedded one. --save names the file in bench/results/ by GPU, browser and date.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { createServer } from 'vite'
import { chromiumArguments, findChromium } from '../scripts/chromium.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    shape: { type: 'string', default: '' },
    gpu: { type: 'boolean', default: false },
    out: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)

const server = await createServer({ server: { port: 0 }, logLevel: 'error' })
await server.listen()
const args = values.gpu ? ['--no-sandbox', '--enable-unsafe-webgpu', '--enable-features=Vulkan'] : chromiumArguments
const executablePath = findChromium()
const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args })
const page = await browser.newPage()
page.on('pageerror', (error) => console.error(error.message))
await page.goto(`http://localhost:${server.config.server.port || server.httpServer.address().port}/bench/index.html`)
await page.waitForFunction(() => window.plumeBench !== undefined)

const device = await page.evaluate(() => window.plumeBench.device())
const ceilings = await page.evaluate((count) => window.plumeBench.ceilings(count), rounds)
console.log(`${device.vendor} ${device.architecture} ${device.description}${device.isSoftware ? ' (software)' : ''}`)
const giga = ({ value }) => (value / 1e9).toFixed(2)
console.log(
  `at best ${giga(ceilings.flopsPerSecond)} GFLOP/s, ${giga(ceilings.bytesPerSecond)} GB/s` +
    `${ceilings.int8OpsPerSecond ? `, ${giga(ceilings.int8OpsPerSecond)} GOP/s in packed int8` : ''}; ` +
    `a dispatch ${(1000 * ceilings.dispatchMs.value).toFixed(1)} µs, encoding a thousand ${ceilings.encodeMs.value.toFixed(2)} ms, ` +
    `reading a number ${ceilings.readMs.value.toFixed(2)} ms\n`,
)
console.log('median ms   ± spread   n   GFLOP/s      GB/s   of floor   what')

const rows = []
const report = async (row) => {
  const { timing, flops, bytes } = row
  const seconds = timing.value / 1000
  const share = await page.evaluate(([one, best]) => window.plumeBench.shareOfFloor(one, best), [row, ceilings])
  rows.push({ ...row, shareOfFloor: share })
  const figure = (value, width, digits) => value.toFixed(digits).padStart(width)
  console.log(
    `${figure(timing.value, 9, 3)}  ${figure(timing.spread, 8, 3)}  ${String(timing.n).padStart(2)}  ` +
      `${figure(flops / seconds / 1e9, 8, 2)}  ${figure(bytes / seconds / 1e9, 8, 2)}  ` +
      `${figure(100 * share, 7, 1)} %   ${row.what}: ${row.name}`,
  )
}
const names = await page.evaluate(() => window.plumeBench.kernelNames())
for (const [index, name] of names.entries()) {
  if (!name.includes(values.only)) continue
  await report(await page.evaluate(([i, count]) => window.plumeBench.kernel(i, count), [index, rounds]))
}
for (const precision of ['float32', 'float16', 'int8']) {
  if (!`step/${precision}`.includes(values.only)) continue
  const request = { precision, rounds, shape: values.shape }
  const steps = await page.evaluate((one) => window.plumeBench.steps(one), request)
  for (const row of steps.rows) await report(row)
  const rate = (tokens, ...names) => {
    const ms = steps.rows.filter(({ name }) => names.includes(name)).reduce((sum, { timing }) => sum + timing.value, 0)
    return ((1000 * tokens) / ms).toPrecision(3)
  }
  console.log(
    `${precision}, tokens a second: ${rate(steps.trainingTokens, 'training step', 'optimizer update')} in training, ` +
      `${rate(steps.promptTokens, 'prefill')} of a prompt, ${rate(1, 'decode')} of an answer`,
  )
}

const result = {
  device,
  browser: browser.version(),
  date: new Date().toISOString().slice(0, 10),
  ceilings,
  ...(values.shape && { shape: values.shape }),
  rows,
}
const key = [device.vendor, device.architecture, `chromium-${result.browser.split('.')[0]}`, values.shape, result.date]
const out = values.out ?? (values.save ? `bench/results/${key.filter(Boolean).join('-')}.json` : undefined)
if (out) {
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify(result, null, 1)}\n`)
}
await browser.close()
await server.close()
