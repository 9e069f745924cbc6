// npm run bench:peers [-- --rounds 5 --gpu --out file.json]
//
// Matrix products of Plume beside ONNX Runtime Web, jax-js and TensorFlow.js, all on WebGPU, in one run: in every round
// each of them computes in turn, so that what the machine does besides meets all alike. Ratios are the point; on the
// software adapter times say nothing about a product.
import { parseArgs } from 'node:util'
import { openPage, summarize, writeResult } from './open.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    gpu: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const LEAST_MS = 60

// SmolLM2's linears for decoding, a few tokens and a batch; then what others publish.
const shapes = [
  ...[1, 16, 128].flatMap((rows) => [
    { rows, outputs: 576, columns: 576 },
    { rows, outputs: 1536, columns: 576 },
    { rows, outputs: 576, columns: 1536 },
  ]),
  { rows: 512, outputs: 512, columns: 512 },
].filter((shape) => nameOf(shape).includes(values.only))

const { browser, page, close } = await openPage('index.html', 'peers', { usesGpu: values.gpu })
const device = await page.evaluate(() => window.peers.device())
console.log(`${device.vendor} ${device.architecture} ${device.description}`)

const results = []
for (const shape of shapes) {
  const contenders = await page.evaluate((one) => window.peers.prepare(one), shape)
  const times = contenders.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const index of contenders.keys()) {
      times[index].push(await page.evaluate(([i, least]) => window.peers.time(i, least), [index, LEAST_MS]))
    }
  }
  const flops = 2 * shape.rows * shape.outputs * shape.columns
  console.log(`\n${nameOf(shape)} (rows x outputs x columns)`)
  console.log('median ms   ± spread   n   GFLOP/s   Plume is faster by   error')
  for (const [index, { name, error }] of contenders.entries()) {
    const ours = times[name.endsWith('int8') ? indexOf('Plume int8') : indexOf('Plume float32')]
    const ratio = summarize(times[index].map((ms, round) => ms / ours[round]))
    const ms = summarize(times[index])
    const isOurs = name.startsWith('Plume')
    console.log(
      `${ms.median.toFixed(3).padStart(9)}  ${ms.spread.toFixed(3).padStart(8)}  ${String(rounds).padStart(2)}  ` +
        `${(flops / ms.median / 1e6).toFixed(2).padStart(8)}  ` +
        `${isOurs ? ''.padStart(17) : `${ratio.median.toFixed(2).padStart(8)} ± ${ratio.spread.toFixed(2).padEnd(6)}`}  ` +
        `${error.toExponential(0).padStart(6)}   ${name}`,
    )
    results.push({ shape, name, error, ms, n: rounds, ...(isOurs ? {} : { ratio }) })
  }

  function indexOf(name) {
    return contenders.findIndex((one) => one.name === name)
  }
}
if (values.out) writeResult(values.out, { device, browser, results })
await close()

function nameOf({ rows, outputs, columns }) {
  return `${rows} x ${outputs} x ${columns}`
}
