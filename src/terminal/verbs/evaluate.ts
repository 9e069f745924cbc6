// evaluate: the loss of a model, with or without an adapter, on texts.
import { readingOf, splitSets, wholeSet } from '../corpora'
import { choice, number, text, texts, toggle } from '../flags'
import { figures } from '../figures'
import { adapterFiles, modelLocation, readAll } from '../folders'
import { nodeEngine } from '../nodeEngine'
import { facts, table } from '../output'
import { presets } from '../../engine/presets'
import type { Reading } from '../../text/samples'
import { IGNORED_LABEL, type Tokenizer, type TokenSet } from '../../text/types'
import { deviceFlag, precisionFlag, precisions } from '../trainingFlags'
import { UsageError } from '../usageError'
import { defineVerb } from '../verb'

const { balanced } = presets

const flags = {
  model: text({ placeholder: 'DIR|FILE', help: 'A model’s folder or its weights; the embedded one when not given.' }),
  adapter: text({ placeholder: 'DIR|ZIP', help: 'A PEFT adapter; without it the base is measured.' }),
  data: texts({ placeholder: 'FILE', help: 'The texts to measure on.' }),
  precision: precisionFlag,
  device: deviceFlag,
  length: number(balanced.sequenceLength, {
    least: 8,
    most: 16_777_216,
    isWhole: true,
    help: 'Tokens in a sequence; each is predicted from those before it in the sequence.',
  }),
  part: choice(['all', 'train', 'validation'], {
    fallback: 'all',
    help: 'Of the texts: all, or one side of the split that train makes with the same share, seed and length.',
  }),
  'validation-share': number(balanced.validationShare, { least: 0.001, most: 0.5, help: 'For --part.' }),
  seed: number(balanced.seed, { least: 0, most: 0xffffffff, isWhole: true, help: 'For --part.' }),
  'per-token': toggle('Also the id, text and loss of every token.'),
}

export const evaluate = defineVerb({
  name: 'evaluate',
  summary: 'Measures loss and perplexity of a model, with or without an adapter.',
  usage: 'evaluate --data FILE… [--adapter DIR] [flags]',
  examples: [
    'evaluate --data ../shared/corpus/sherlock-holmes.txt --part validation',
    'evaluate --data ../shared/corpus/sherlock-holmes.txt --part validation --adapter out/sherlock',
  ],
  operands: 0,
  flags,
  async run({ values, output }) {
    if (values.data.length === 0) throw new UsageError('--data FILE… is missing')
    const files = await readAll(values.data)
    const adapter = values.adapter === null ? null : await adapterFiles(values.adapter)
    const engine = nodeEngine({ device: values.device })
    const model = await engine.loadModel(modelLocation(values.model))
    if (values.length > model.maxTokens) {
      throw new UsageError(`--length is ${values.length}, but ${model.name} knows ${model.maxTokens} tokens`)
    }
    const info = adapter && (await engine.importAdapter(adapter))
    const tokenizer = engine.tokenizer()
    const reading = readingOf(tokenizer, model.chatTemplate)
    const set = await partOf(values.part, { files, reading, values })

    const wantsTokenLosses = values['per-token']
    const precision = precisions[values.precision]
    const result = await engine.evaluate(
      { precision, usesAdapter: adapter !== null, set, wantsTokenLosses },
      (done, all) => output.progress(done, all, `${done} of ${all} sequences`),
    )
    output.endProgress()
    const { value: loss, spread: standardError, tokens, n: sequences, tokenLosses } = result
    const perToken = tokenLosses ? tokensOf(set, tokenLosses, tokenizer) : null
    const perplexity = Math.exp(loss)
    output.json({
      model: model.name,
      modelSha256: model.sha256,
      adapter: values.adapter,
      precision,
      part: values.part,
      sequenceLength: values.length,
      loss,
      standardError,
      perplexity,
      tokens,
      sequences,
      ...(perToken ? { perToken } : {}),
    })
    const rows: [string, string][] = [
      ['model', `${model.name} in ${precision}`],
      ['adapter', info ? `${values.adapter ?? ''}, rank ${info.rank}` : 'none'],
      ['text', `${values.data.join(', ')}${values.part === 'all' ? '' : ` (${values.part})`}`],
      ['loss', `${loss.toFixed(4)} ± ${standardError.toFixed(4)} nats a token (standard error over sequences)`],
      ['perplexity', figures.significant(perplexity)],
      ['tokens', `${figures.count(tokens)} in ${figures.count(sequences)} sequences of up to ${values.length}`],
    ]
    for (const line of facts(rows)) output.line(line)
    if (perToken) {
      output.line()
      const cells = perToken.map((token) => [String(token.id), token.loss.toFixed(4), JSON.stringify(token.text)])
      for (const line of table([['id', 'loss', 'token'], ...cells], { alignment: 'rrl' })) output.line(line)
    }
  },
})

interface PartOptions {
  readonly files: Awaited<ReturnType<typeof readAll>>
  readonly reading: Reading
  readonly values: { readonly length: number; readonly 'validation-share': number; readonly seed: number }
}

async function partOf(
  part: 'all' | 'train' | 'validation',
  { files, reading, values }: PartOptions,
): Promise<TokenSet> {
  const sequenceLength = values.length
  if (part === 'all') return wholeSet(files, reading, { sequenceLength, isMeasured: true })
  const options = { sequenceLength, validationShare: values['validation-share'], seed: values.seed }
  return (await splitSets(files, reading, options))[part]
}

/** The tokens that were predicted, in the order of the sequences. */
function tokensOf({ labels }: TokenSet, losses: Float32Array, tokenizer: Tokenizer) {
  return Array.from(labels.entries()).flatMap(([index, id]) =>
    id === IGNORED_LABEL ? [] : [{ id, text: tokenizer.decodeToken(id), loss: losses[index] ?? Number.NaN }],
  )
}
