// npm run bench:forward [-- --rounds 5 --only int8 --who Plume --gpu --out file.json]
//
// The embedded model's whole forward by Plume and by ONNX Runtime Web with the file that Plume writes of it: the logits after
// each of 128 tokens, and after one more token with those in the cache. On WebGPU and on the processor, in one run and in
// turn. Everybody's logits are compared with the reference functions before anything is timed. Ratios are the point; on
// the software adapter times say nothing about a product.
import { parseArgs } from 'node:util'
import { openPage, processorMeter, summarize, writeResult } from './open.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    who: { type: 'string', default: '' },
    gpu: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const LEAST_MS = 300
/** Sums in another order differ by a few millionths of the largest logit; a wrong kernel by a tenth. */
const MOST_ERROR = 1e-4

const { browser, page, close } = await openPage('forward/index.html', 'peerForward', { usesGpu: values.gpu })
const processorSeconds = await processorMeter(browser)
const device = await page.evaluate(() => window.peerForward.device())
console.log(`${device.vendor} ${device.architecture} ${device.description}`)

const tasks = [
  { what: 'rows', title: 'logits after each of 128 tokens', tokens: 128 },
  { what: 'last row', title: 'logits after 128 tokens, read back', tokens: 128 },
  { what: 'token', title: 'logits after one more token', tokens: 1 },
]

const results = []
for (const precision of ['float32', 'int8'].filter((one) => one.includes(values.only))) {
  const contenders = await page.evaluate(([one, who]) => window.peerForward.prepare(one, who), [precision, values.who])
  for (const { name, errors } of contenders) {
    for (const [what, error] of Object.entries(errors)) {
      if (!(error <= MOST_ERROR)) console.log(`WRONG: ${name} errs by ${error} in ${what}`)
    }
  }
  for (const { what, title, tokens } of tasks) await timeTask({ precision, contenders, what, title, tokens })
  // After each precision, since both of them take minutes.
  if (values.out) writeResult(values.out, { device, browser, results })
}
await close()

async function timeTask({ precision, contenders, what, title, tokens }) {
  const does = [...contenders.keys()].filter((index) => contenders[index].does.includes(what))
  const run = (index, count) => page.evaluate(([i, one, n]) => window.peerForward.run(i, one, n), [index, what, count])
  const counts = new Map()
  for (const index of does) {
    await run(index, 2)
    counts.set(index, Math.max(2, Math.ceil(LEAST_MS / (await run(index, 1)))))
  }
  const times = contenders.map(() => ({ wall: [], processor: [] }))
  for (let round = 0; round < rounds; round++) {
    for (const [index, count] of counts) {
      const before = await processorSeconds()
      times[index].wall.push((await run(index, count)) / count)
      times[index].processor.push((1000 * ((await processorSeconds()) - before)) / count)
    }
  }
  const flops = contenders.find((one) => one.flops)?.flops[what]
  console.log(`\n${precision}: ${title}`)
  console.log('median ms   ± spread   n    CPU ms   tokens/s   GFLOP/s   Plume there is faster by; in CPU time   error')
  for (const index of does) {
    const { name, errors } = contenders[index]
    const [ms, processorMs] = [summarize(times[index].wall), summarize(times[index].processor)]
    const ours = name.startsWith('Plume') ? undefined : times[indexOf(name.replace('ONNX Runtime', 'Plume'))]
    const ratioOf = (clock) => summarize(times[index][clock].map((one, round) => one / ours[clock][round]))
    const ratio = ours && { wall: ratioOf('wall'), processor: ratioOf('processor') }
    const shown = ({ median, spread }) => `${median.toFixed(2)} ± ${spread.toFixed(2)}`
    const error = errors[what]
    console.log(
      `${ms.median.toFixed(2).padStart(9)}  ${ms.spread.toFixed(2).padStart(9)}  ${String(rounds).padStart(2)}  ` +
        `${processorMs.median.toFixed(1).padStart(8)}  ${((1000 * tokens) / ms.median).toFixed(1).padStart(9)}  ` +
        `${flops ? (flops / ms.median / 1e6).toFixed(2).padStart(8) : ''.padStart(8)}  ` +
        `${(ratio ? `${shown(ratio.wall)}; ${shown(ratio.processor)}` : '').padStart(37)}  ` +
        `${(error === undefined ? '' : error.toExponential(0)).padStart(6)}   ${name}`,
    )
    results.push({ precision, what, name, error, flops, ms, processorMs, ratio, n: rounds })
  }

  function indexOf(name) {
    return contenders.findIndex((one) => one.name === name)
  }
}
