// npm run bench:steps [-- --rounds 5 --only 64 --gpu --node --out file.json]
//
// One training step of a small model of Llama's shape by Plume, jax-js and TensorFlow.js, and with a tied head by Plume and
// webgpu-llm, all on WebGPU, in one run and in turn: forward, backward and Adam, the batch on the GPU, from the same
// weights. Each one's first losses are compared with the reference before it is timed. Ratios are the point; on a
// software adapter times say nothing about a product. --node takes Dawn in Node and the driver of VK_ICD_FILENAMES;
// --lanes says how many lanes a subgroup has there, where they are fewer than the 32 that webgpu-llm takes for granted.
import { parseArgs } from 'node:util'
import { openInNode, openPage, processorMeter, summarize, writeResult } from './open.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    who: { type: 'string', default: '' },
    gpu: { type: 'boolean', default: false },
    node: { type: 'boolean', default: false },
    lanes: { type: 'string' },
    out: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const LEAST_MS = 500
/** Losses after three updates with Adam, whose first steps have the size of the rate whatever the gradient's. */
const MOST_ERROR = 1e-4

if (values.lanes) await tellWebgpuLlm(Number(values.lanes))
const { browser, page, close } = values.node
  ? await openInNode('steps/page.mjs')
  : await openPage('steps/index.html', 'peerSteps', { usesGpu: values.gpu })
const processorSeconds = await processorMeter(browser)
const device = await page.evaluate(() => window.peerSteps.device())
console.log(`${device.vendor} ${device.architecture} ${device.description}`)
const refusal = await page.evaluate(() => window.peerSteps.refusal())
if (refusal) console.log(`without webgpu-llm: ${refusal}`)
const sizes = [false, ...(refusal ? [] : [true])]
  .flatMap((hasTiedHead) => [64, 128].map((width) => ({ width, hasTiedHead })))
  .flatMap((size) => [64, 128].map((tokens) => ({ ...size, tokens })))
  .filter((size) => nameOf(size).includes(values.only))

const results = []
for (const size of sizes) {
  const contenders = await page.evaluate(([one, who]) => window.peerSteps.prepare(one, who), [size, values.who])
  const run = (index, count) => page.evaluate(([i, n]) => window.peerSteps.run(i, n), [index, count])
  const counts = []
  for (const index of contenders.keys()) {
    await run(index, 1)
    counts.push(Math.max(2, Math.ceil(LEAST_MS / (await run(index, 1)))))
  }
  const times = contenders.map(() => ({ wall: [], processor: [] }))
  for (let round = 0; round < rounds; round++) {
    for (const [index, count] of counts.entries()) {
      const before = await processorSeconds()
      times[index].wall.push((await run(index, count)) / count)
      times[index].processor.push((1000 * ((await processorSeconds()) - before)) / count)
    }
  }
  // All weights: what we count for ourselves is what the others compute too.
  const flopsOf = ({ reference }) => contenders.find((one) => one.reference === reference && one.flops)?.flops
  console.log(`\n${nameOf(size)}`)
  console.log('   median ms  ± spread   CPU ms   MFLOP  GFLOP/s    error   ')
  for (const [index, contender] of contenders.entries()) {
    const { name, losses, expected, dispatches } = contender
    const error = Math.max(...losses.map((loss, i) => Math.abs(loss - expected[i]) / expected[i]))
    if (!(error <= MOST_ERROR)) console.log(`WRONG: ${name} has losses ${losses}, and they are ${expected}`)
    const [ms, processorMs] = [summarize(times[index].wall), summarize(times[index].processor)]
    const flops = flopsOf(contender)
    console.log(
      `${ms.median.toFixed(2).padStart(12)}  ${ms.spread.toFixed(2).padStart(8)} ${processorMs.median.toFixed(1).padStart(8)} ` +
        `${(flops / 1e6).toFixed(1).padStart(7)} ${(flops / ms.median / 1e6).toFixed(2).padStart(8)} ` +
        `${error.toExponential(0).padStart(8)}   ${name}${dispatches ? ` (${dispatches} dispatches)` : ''}`,
    )
    results.push({ size, name, error, flops, dispatches, ms, processorMs, n: rounds })
  }
  for (const [ours, theirs] of contenders.flatMap((a, i) => contenders.map((b, j) => [i, j]))) {
    const [a, b] = [contenders[ours], contenders[theirs]]
    if (!a.name.startsWith('Plume') || b.name.startsWith('Plume')) continue
    const share = flopsOf(a) / flopsOf(b)
    const ratioOf = (what) => summarize(times[ours][what].map((ms, round) => times[theirs][what][round] / ms))
    const ratio = { wall: ratioOf('wall'), processor: ratioOf('processor') }
    const shown = ({ median, spread }, factor = 1) =>
      `${(factor * median).toFixed(2).padStart(6)} ± ${(factor * spread).toFixed(2)}`
    console.log(
      `  ${a.name} is faster than ${b.name} by ${shown(ratio.wall)} a step, ${shown(ratio.wall, share)} an operation, ` +
        `${shown(ratio.processor)} in processor time a step`,
    )
    results.push({ size, ours: a.name, theirs: b.name, stepRatio: ratio, flopsShare: share, n: rounds })
  }
  // After each size, since all of them take minutes.
  if (values.out) writeResult(values.out, { device, browser, results })
}
await close()

function nameOf({ width, tokens, hasTiedHead }) {
  return `width ${width}, ${tokens} tokens${hasTiedHead ? ', tied head' : ''}`
}

/** What its kernels know of subgroups stands in two constants before all of them. Only in Node, where a module is one file. */
async function tellWebgpuLlm(lanes) {
  const { default: shaders } = await import('./node_modules/webgpu-llm/src/llm/shaders/_inlined.js')
  const shared = './shaders/00_shared.wgsl'
  shaders[shared] = shaders[shared]
    .replace('SUBGROUP_SIZE: u32 = 32u', `SUBGROUP_SIZE: u32 = ${lanes}u`)
    .replace('NUM_SUBGROUPS: u32 = 8u', `NUM_SUBGROUPS: u32 = ${256 / lanes}u`)
}
