// A run as a folder for a machine with more GPUs: a script for TRL and PEFT, the settings, what training starts from, and,
// when asked for, the sequences themselves, tokenized and masked as they are here and in the order of the run.
import { encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import type { LoraSettings } from '../models/lora'
import { batchOrder } from '../text/batches'
import { IGNORED_LABEL, type TokenSet } from '../text/types'
import type { TrainingSettings } from '../training/types'
import { peftFolderOf } from './adapterOnHost'
import type { NamedFile } from './api'
import script from './cluster/train.py?raw'
import type { LoadedModel } from './loadedModel'

const DATA_FILE = 'data.jsonl'

export interface ClusterRun {
  readonly settings: TrainingSettings
  /** What training starts from. */
  readonly start: { readonly settings: LoraSettings; readonly parameters: Float32Array }
  /** null: the folder goes without the text. */
  readonly train: TokenSet | null
}

/** The files of the folder, by their paths in it. @throws AppError `share/too-large` for more text than a file can hold */
export function clusterFiles(
  loaded: Pick<LoadedModel, 'config' | 'info'>,
  { settings, start, train }: ClusterRun,
): NamedFile[] {
  const { id, sha256 } = loaded.info
  const adapter = peftFolderOf(loaded, { ...start, dropout: settings.dropout, metadata: { base_sha256: sha256 } })
  const text = (name: string, content: string) => ({ name, bytes: encodeUtf8(content) })
  return [
    text('README.md', readme({ id, sha256, settings, train })),
    text('train.py', script),
    text('settings.json', `${JSON.stringify({ model: id, ...settings }, null, 2)}\n`),
    text('accelerate.yaml', accelerateConfig),
    text('requirements.txt', requirements),
    ...adapter.map(({ name, bytes }) => ({ name: `adapter/${name}`, bytes })),
    ...(train ? [{ name: DATA_FILE, bytes: encodeUtf8(rowsOf(train, settings)) }] : []),
  ]
}

/** About half a gigabyte of JSON: what a string can still hold. */
const MAX_ROW_TOKENS = 2 ** 25

/**
 * A line for each sequence of each step. Hugging Face's models shift the labels themselves: a row has one token more
 * than a sequence, and the label of a token is that token where it is trained on. Positions
 * that begin again keep documents apart: transformers makes its mask of them where it is given none.
 */
function rowsOf(set: TokenSet, { steps, batchSize, accumulation, seed }: TrainingSettings): string {
  const written = new Map<number, string>()
  const lineOf = (index: number): string => {
    const known = written.get(index)
    if (known !== undefined) return known
    const start = index * set.sequenceLength
    const tokens = [...set.tokens.subarray(start, start + set.sequenceLength)]
    const labels = [...set.labels.subarray(start, start + set.sequenceLength)].map((label) =>
      label === IGNORED_LABEL ? -100 : label,
    )
    const last = labels.at(-1) ?? -100
    const row = {
      input_ids: [...tokens, last === -100 ? (tokens.at(-1) ?? 0) : last],
      labels: [-100, ...labels],
      position_ids: positionsOf(set, start),
    }
    const line = JSON.stringify(row)
    written.set(index, line)
    return line
  }
  const sequences = steps * batchSize * accumulation
  if (sequences * set.sequenceLength > MAX_ROW_TOKENS) {
    throw new AppError('share/too-large', { message: `${sequences} sequences of ${set.sequenceLength} tokens` })
  }
  const lines: string[] = []
  for (let step = 0; step < steps; step++) {
    for (const index of batchOrder(set.sequences, batchSize * accumulation, seed, step)) lines.push(lineOf(index))
  }
  return `${lines.join('\n')}\n`
}

/** Where each token of a sequence stands in its document; the one more goes on. */
function positionsOf({ documentStarts, sequenceLength }: TokenSet, start: number): number[] {
  const positions = Array.from({ length: sequenceLength }, (_, t) => t - (documentStarts?.[start + t] ?? 0))
  return [...positions, (positions.at(-1) ?? -1) + 1]
}

const requirements = ['torch', 'transformers>=5', 'peft>=0.14', 'trl>=1', 'datasets', 'accelerate', ''].join('\n')

const accelerateConfig = `compute_environment: LOCAL_MACHINE
distributed_type: 'NO'
num_machines: 1
num_processes: 1
mixed_precision: 'no'
`

function readme({
  id,
  sha256,
  settings,
  train,
}: {
  readonly id: string
  readonly sha256: string
  readonly settings: TrainingSettings
  readonly train: TokenSet | null
}): string {
  return `# A run prepared in Plume

\`\`\`
pip install -r requirements.txt
accelerate launch --config_file accelerate.yaml train.py
\`\`\`

It goes on where \`adapter/\` stands, with the settings in \`settings.json\`: ${settings.steps} steps of ${settings.batchSize * settings.accumulation} sequences of ${settings.sequenceLength} tokens.
The trained adapter and its losses land in \`out/\`; drop \`adapter_config.json\` and \`adapter_model.safetensors\` on Plume's Share to bring it back.

- **The model** is \`${id}\`, whose weights have the SHA-256 \`${sha256}\`. \`--model\` names a folder that holds it, or its id on the hub.
- ${
    train
      ? `**The data** is in \`${DATA_FILE}\`: your text as tokens, in the order of the run. Whoever has this file has the text.`
      : `**The data** is not here. \`--data\` names a file with one JSON object a line: \`input_ids\`, \`labels\` (-100 where nothing is learned) and \`position_ids\` (from 0 in each document), all of one length, in the order in which they are to be visited.`
  }
- **More GPUs**: set \`distributed_type: MULTI_GPU\` and \`num_processes\` in \`accelerate.yaml\`. Accumulation shrinks with the number of processes, so that a step sees the same sequences.
- With one process and without \`--bf16\` the losses are Plume's own, but for dropout, which draws other numbers.
`
}
