// The README of a model with an adapter merged in. The front matter is what the Hugging Face Hub reads.
import { encodeUtf8 } from '../base/bytes'
import { type Card, readCard } from '../base/frontMatter'
import { code, scaleOf, type AdapterCardFacts } from './adapterCard'

/** What the files are for. */
export type MergedUse = { readonly kind: 'safetensors' | 'onnx' } | { readonly kind: 'gguf'; readonly file: string }

export interface MergedCardFacts extends AdapterCardFacts {
  /** What the weights are stored in, in words. */
  readonly stored: string
  readonly use: MergedUse
  /** The base came rounded already. */
  readonly isQuantized: boolean
  /** The adapter's card as a person wrote it; null where nobody did. */
  readonly written?: string | null
}

const transformersUse = [
  '```python',
  'from transformers import AutoModelForCausalLM, AutoTokenizer',
  '',
  'model = AutoModelForCausalLM.from_pretrained("this/folder")',
  'tokenizer = AutoTokenizer.from_pretrained("this/folder")',
  '```',
]

const onnxUse = [
  'An ONNX graph for ONNX Runtime and what builds on it. Inputs: `input_ids`, `attention_mask`, `position_ids` and',
  '`past_key_values.N.key` and `.value` (of length 0 at the start); outputs: `logits`, `present.N.key` and `.value`.',
  'Operators are the standard ones of opset 18; int8 weights use `MatMulNBits` of ONNX Runtime (8 bits, blocks of 32).',
]

const ggufUse = (file: string) => [
  'A GGUF file for llama.cpp and what builds on it, its tokenizer and chat template inside:',
  '',
  '```sh',
  `llama-cli -m ${file}`,
  '```',
  '',
  'For Ollama there is a Modelfile beside it, written by its documentation.',
]

const libraries = { safetensors: 'transformers', onnx: 'transformers.js', gguf: 'gguf' } as const

/** The card as UTF-8 Markdown. */
export function mergedCard({
  info,
  model,
  provenance,
  stored,
  use,
  isQuantized,
  written = null,
}: MergedCardFacts): Uint8Array<ArrayBuffer> {
  const card = written === null ? null : readCard(written)
  const lines = [
    '---',
    ...(/^[\w.-]+\/[\w.-]+$/.test(model.id) ? [`base_model: ${model.id}`] : []),
    `library_name: ${libraries[use.kind]}`,
    'pipeline_tag: text-generation',
    ...(card && 'fields' in card ? keptFields(card) : []),
    'tags:',
    '- plume',
    '---',
    '',
    '# A fine-tuned model',
    '',
    `${code(model.id)} with a LoRA adapter merged in by Plume, in ${stored}. It may repeat some of what it was trained on.`,
    '',
    `- SHA-256 of the base weights: ${code(model.sha256)}`,
    `- Adapter: rank ${info.rank}, alpha ${info.alpha}, scale ${scaleOf(info)}, on ${info.targets.join(', ')}`,
    ...(isQuantized ? ['- The base came quantized: the adapter was added to what those weights stand for.'] : []),
    ...(provenance ? trained(provenance) : []),
    '',
    ...(use.kind === 'gguf' ? ggufUse(use.file) : use.kind === 'onnx' ? onnxUse : transformersUse),
    '',
    ...(card && 'fields' in card ? ['## The card of the adapter', '', lowered(card.body), ''] : []),
  ]
  return encodeUtf8(lines.join('\n'))
}

/** What a person said of the adapter in the card's head and holds for the model too. */
function keptFields({ fields }: Card): string[] {
  return ['language', 'license'].flatMap((key) => {
    const value = fields.get(key)
    return value === undefined ? [] : [`${key}: ${JSON.stringify(value)}`]
  })
}

/** Headings two ranks lower, since they stand below one of the second rank. Code keeps its comments. */
function lowered(body: string): string {
  const parts = body.trim().split(/^(```[^]*?^```)/m)
  return parts.map((part) => (part.startsWith('```') ? part : part.replace(/^#{1,4} /gm, '##$&'))).join('')
}

function trained({ settings, result }: NonNullable<AdapterCardFacts['provenance']>): string[] {
  const { baseValidationLoss: before, bestValidationLoss: after } = result
  return [
    `- Training: ${result.steps} steps of ${settings.batchSize * settings.accumulation} sequences of ${settings.sequenceLength} tokens, learning rate ${settings.learningRate}, base in ${settings.precision}`,
    ...(before !== null && after !== null
      ? [`- Loss on held-out text: ${after.toFixed(3)}, of the base ${before.toFixed(3)}`]
      : []),
  ]
}
