// The README of an adapter: where it comes from, how it was trained, what was measured, how to use it.
// The front matter is what the Hugging Face Hub reads.
import { encodeUtf8 } from '../base/bytes'

export interface AdapterCardFacts {
  readonly info: {
    readonly rank: number
    readonly alpha: number
    readonly usesRsLora: boolean
    readonly targets: readonly string[]
    readonly parameters: number
  }
  readonly model: { readonly id: string; readonly name: string; readonly sha256: string }
  /** Null for an adapter that was opened, not trained here. */
  readonly provenance: {
    readonly settings: {
      readonly precision: string
      readonly dropout: number
      readonly learningRate: number
      readonly schedule: string
      readonly batchSize: number
      readonly accumulation: number
      readonly sequenceLength: number
      readonly seed: number
    }
    readonly result: {
      readonly steps: number
      readonly baseValidationLoss: number | null
      readonly bestValidationLoss: number | null
      readonly lastValidationLoss: number | null
      readonly adapterSha256: string
    }
    readonly corpusName: string
    /** What was read of the text; absent where that is not known any more. */
    readonly data?: DataFacts
  } | null
}

/** The text of a run in figures. */
export interface DataFacts {
  readonly sequences: number
  /** Tokens with a label: those that the loss is of. */
  readonly trainedTokens: number
  readonly heldOutSequences: number
}

export const CURVES_FILE = 'curves.png'

/** The card as UTF-8 Markdown. */
export function adapterCard(facts: AdapterCardFacts): Uint8Array<ArrayBuffer> {
  return encodeUtf8(adapterCardText(facts))
}

/** @param hasCurves - the folder holds a picture of the loss beside the card. */
export function adapterCardText(
  { info, model, provenance }: AdapterCardFacts,
  { hasCurves = false }: { readonly hasCurves?: boolean } = {},
): string {
  return [
    ...frontMatter(model.id),
    '',
    `# LoRA adapter for ${plain(model.name)}`,
    '',
    `${provenance ? 'Trained' : 'Written'} with Plume. It holds no text; it may repeat some of what it was trained on.`,
    '',
    ...table(
      'Adapter',
      ['', ''],
      [
        ['Base model', code(model.id)],
        ['SHA-256 of the base weights', code(model.sha256)],
        ['Rank', info.rank],
        ['Alpha', info.alpha],
        ['Scale', scaleOf(info)],
        ['Layers', info.targets.map(code).join(', ')],
        ['Trained parameters', info.parameters.toLocaleString('en')],
      ],
    ),
    ...(provenance ? trainingSections(provenance) : []),
    ...(hasCurves ? ['', `![The loss over the steps](${CURVES_FILE})`] : []),
    ...limits(provenance !== null),
    '',
    '## Use',
    '',
    '```python',
    'from peft import PeftModel',
    'from transformers import AutoModelForCausalLM',
    '',
    `base = AutoModelForCausalLM.from_pretrained(${JSON.stringify(model.id)})`,
    'model = PeftModel.from_pretrained(base, "path/to/this/folder")',
    '```',
    '',
  ].join('\n')
}

function limits(hasFigures: boolean): string[] {
  return [
    '',
    '## Limits',
    '',
    '- It is made for the base that is named above; on other weights its answers are off.',
    ...(hasFigures
      ? ['- The figures are of pieces of its own text that were held out. They say nothing of other texts.']
      : []),
    '- What the base gets wrong it may go on getting wrong. Nobody has checked its answers for facts or for harm.',
  ]
}

/** The formula by which an adapter is scaled. */
export function scaleOf({ usesRsLora }: Pick<AdapterCardFacts['info'], 'usesRsLora'>): string {
  return usesRsLora ? 'alpha / sqrt(rank)' : 'alpha / rank'
}

/** What the hub takes for a model's id. It refuses a card whose base is anything else, such as a file's name. */
const HUB_ID = /^[\w.-]{1,96}(?:\/[\w.-]{1,96})?$/

function frontMatter(baseModel: string): string[] {
  const isOnHub = HUB_ID.test(baseModel)
  return [
    '---',
    'library_name: peft',
    // A JSON string is a YAML string, whatever the name holds.
    ...(isOnHub ? [`base_model: ${JSON.stringify(baseModel)}`] : []),
    'pipeline_tag: text-generation',
    'tags:',
    ...(isOnHub ? [`  - ${JSON.stringify(`base_model:adapter:${baseModel}`)}`] : []),
    '  - lora',
    '---',
  ]
}

function trainingSections({
  settings,
  result,
  corpusName,
  data,
}: NonNullable<AdapterCardFacts['provenance']>): string[] {
  return [
    ...(data
      ? table(
          'Data',
          ['', ''],
          [
            ['Sequences to train on', data.sequences.toLocaleString('en')],
            ['Tokens in them that the loss is of', data.trainedTokens.toLocaleString('en')],
            ['Sequences held out', data.heldOutSequences.toLocaleString('en')],
          ],
        )
      : []),
    ...table(
      'Training',
      ['', ''],
      [
        ['Text', code(corpusName)],
        ['Steps', result.steps],
        ['Sequences in a step', settings.batchSize * settings.accumulation],
        ['Tokens in a sequence', settings.sequenceLength],
        ['Learning rate', `${settings.learningRate}, ${settings.schedule}`],
        ['Dropout', settings.dropout],
        ['Base weights during training', settings.precision],
        ['Seed', settings.seed],
        ['SHA-256 of the parameters', code(result.adapterSha256)],
      ],
    ),
    ...table(
      'Measured on held-out text',
      ['', 'Loss', 'Perplexity'],
      [
        ['Base', ...lossCells(result.baseValidationLoss)],
        ['Adapter, best', ...lossCells(result.bestValidationLoss)],
        ['Adapter, last', ...lossCells(result.lastValidationLoss)],
      ],
    ),
  ]
}

type Cells = readonly (string | number)[]

function table(heading: string, columns: Cells, rows: readonly Cells[]): string[] {
  const line = (cells: Cells): string => `| ${cells.join(' | ')} |`
  return ['', `## ${heading}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line)]
}

function lossCells(loss: number | null): [string, string] {
  return loss === null ? ['not measured', 'not measured'] : [loss.toFixed(4), Math.exp(loss).toFixed(2)]
}

/** Foreign text on one line, with nothing Markdown or HTML would act on. */
function plain(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>#|!]/g, '\\$&')
}

/** Foreign text as it stands, on one line. */
export function code(text: string): string {
  return `\`${oneLine(text).replace(/[`|]/g, '')}\``
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 200)
}
