// What Plume makes of a text with a GGUF model, for smollm2.long.test.ts. Dawn crashes in Vitest's worker threads,
// so this is a process of its own.
//   node scripts/run.mjs tests/interop/smollm2/measure.ts MODEL.gguf TEXT    writes JSON, a `Measured`
import { readFileSync } from 'node:fs'
import type { Precision } from '../../../src/engine/api'
import { presets } from '../../../src/engine/presets'
import { nodeEngine } from '../../../src/terminal/nodeEngine'
import type { TokenSet } from '../../../src/text/types'

export interface Measured {
  readonly ids: readonly number[]
  /** The loss of each token after the first, in nats. */
  readonly losses: Readonly<Record<Precision, readonly number[]>>
  /** Of the same batch in each of five steps. */
  readonly trainingLosses: Readonly<Record<Precision, readonly number[]>>
}

const TRAINED_TOKENS = 64

const [model = '', text = ''] = process.argv.slice(2)
const engine = nodeEngine()
await engine.loadModel(model)
const ids = engine.tokenizer().encode(readFileSync(text, 'utf8'))

async function measure(precision: Precision) {
  const set = oneSequence(ids)
  const { tokenLosses } = await engine.evaluate({ precision, usesAdapter: false, set, wantsTokenLosses: true })
  const settings = {
    ...presets.balanced,
    precision,
    steps: 5,
    batchSize: 1,
    sequenceLength: TRAINED_TOKENS,
    learningRate: 2e-4,
    warmupSteps: 0,
    evaluateEvery: 0,
  }
  const training: number[] = []
  await engine.train(
    {
      runId: `smollm2-${precision}`,
      settings,
      train: oneSequence(ids.slice(0, TRAINED_TOKENS + 1)),
      validation: null,
      pinnedPrompts: [],
      sampleEvery: 0,
      corpusName: 'keeper.txt',
    },
    (events) => training.push(...events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []))),
  )
  return { losses: [...(tokenLosses ?? [])], training }
}

function oneSequence(tokens: readonly number[]): TokenSet {
  const sequenceLength = tokens.length - 1
  return {
    tokens: Uint32Array.from(tokens.slice(0, -1)),
    labels: Uint32Array.from(tokens.slice(1)),
    sequenceLength,
    sequences: 1,
    labelledTokens: sequenceLength,
  }
}

const float32 = await measure('float32')
const float16 = await measure('float16')
const int8 = await measure('int8')
const measured: Measured = {
  ids,
  losses: { float32: float32.losses, float16: float16.losses, int8: int8.losses },
  trainingLosses: { float32: float32.training, float16: float16.training, int8: int8.training },
}
process.stdout.write(JSON.stringify(measured), () => process.exit(0))
