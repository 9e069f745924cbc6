// merge: a model with an adapter merged in, as a folder that transformers, llama.cpp, Ollama or ONNX Runtime opens.
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formName, ggufTypes, mergedDTypes, onnxPrecisions, type MergedExport, type MergedForm } from '../../engine/api'
import { recognizeChat } from '../../text/recognizeChat'
import { choice, requiredText, size, text, toggle, type FlagValues } from '../flags'
import { figures } from '../figures'
import { adapterFiles, modelLocation } from '../folders'
import { nodeEngine } from '../nodeEngine'
import type { Output } from '../output'
import { deviceFlag } from '../trainingFlags'
import { UsageError } from '../usageError'
import { defineVerb } from '../verb'

const ggufNames = ggufTypes.map((type) => type.toLowerCase())

const flags = {
  adapter: requiredText({ placeholder: 'DIR|ZIP', help: 'The adapter: a PEFT folder, its zip, or a GGUF file.' }),
  out: requiredText({ placeholder: 'DIR', help: 'Where the model goes.' }),
  model: text({ placeholder: 'DIR|FILE', help: 'A model’s folder or its weights; the embedded one when not given.' }),
  dtype: choice(mergedDTypes, {
    fallback: 'float16',
    help: 'Hugging Face’s layout, with the weights stored in this; merging is in float32.',
  }),
  'shard-size': size('5GB', {
    least: '1MB',
    help: 'A larger model in Hugging Face’s layout lies in several files of at most this size, as on the hub.',
  }),
  gguf: choice(['none', ...ggufNames], {
    fallback: 'none',
    help: 'Writes one file for llama.cpp instead, in this type, and a Modelfile for Ollama.',
  }),
  onnx: choice(['none', ...onnxPrecisions], {
    fallback: 'none',
    help: 'Writes an ONNX graph with a key/value cache instead, in this precision.',
  }),
  device: deviceFlag,
  overwrite: toggle('Replaces what --out holds.'),
}

export const merge = defineVerb({
  name: 'merge',
  summary: 'Merges an adapter into its model and writes the whole model.',
  usage: 'merge --adapter DIR --out DIR [--model DIR|FILE] [--dtype TYPE | --gguf TYPE | --onnx PRECISION]',
  examples: [
    'merge --adapter out/sherlock --out out/sherlock-merged --dtype bfloat16',
    'merge --adapter out/sherlock --out out/sherlock-gguf --gguf q8_0',
    'merge --adapter out/sherlock --out out/sherlock-onnx --onnx int8',
  ],
  operands: 0,
  flags,
  async run({ values, given, output }) {
    const form = formOf(values, given)
    const before = await weightsIn(values.out)
    if (before.length > 0 && !values.overwrite) {
      throw new UsageError(`${values.out} holds a model: --overwrite replaces it`)
    }
    const adapter = await adapterFiles(values.adapter)
    const engine = nodeEngine({ device: values.device })
    const { chatTemplate } = await engine.loadModel(modelLocation(values.model))
    await engine.importAdapter(adapter)
    // As on the page, but without its deadline.
    const chat = recognizeChat(chatTemplate)

    // A file is not called by its name before its last byte is written.
    let file: FileHandle | null = null
    const written = new Set<string>()
    try {
      const result = await engine.exportMerged(
        { form, container: 'files', chat, shardBytes: values['shard-size'] },
        async ({ name, bytes, isLast }) => {
          const path = join(values.out, name)
          await mkdir(dirname(path), { recursive: true })
          file ??= await open(`${path}.part`, 'w')
          await file.write(bytes)
          if (!isLast) return
          await file.close()
          file = null
          await rename(`${path}.part`, path)
          written.add(name)
        },
      )
      // One file beside shards, or shards of another count, would be read in their place.
      const stale = form.kind === 'safetensors' ? before.filter((name) => SAFETENSORS.test(name)) : []
      for (const name of stale) if (!written.has(name)) await rm(join(values.out, name))
      const needsTemplate = form.kind === 'gguf' && chat.kind === 'unknown'
      report(output, { out: values.out, form, result, files: [...written], needsTemplate })
    } finally {
      await (file as FileHandle | null)?.close()
    }
  },
})

function formOf({ dtype, gguf, onnx }: FlagValues<typeof flags>, given: ReadonlySet<string>): MergedForm {
  const chosen = ['dtype', 'gguf', 'onnx'].filter((name) => given.has(name))
  if (chosen.length > 1) throw new UsageError(`--${chosen.join(' and --')} are two ways to store a model: give one`)
  const type = ggufTypes.find((one) => one.toLowerCase() === gguf)
  if (given.has('shard-size') && (type || onnx !== 'none')) {
    throw new UsageError('--shard-size is for Hugging Face’s layout: GGUF and ONNX are one file')
  }
  if (type) return { kind: 'gguf', type }
  if (onnx !== 'none') return { kind: 'onnx', precision: onnx }
  return { kind: 'safetensors', dtype }
}

const SAFETENSORS = /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/
const OTHER_WEIGHTS = new RegExp(`^(onnx/model(_quantized)?\\.onnx|model-(${ggufNames.join('|')})\\.gguf)$`)

/** The weights that a folder holds, by their names as written here. */
async function weightsIn(folder: string): Promise<string[]> {
  const namesIn = (path: string) => readdir(path).catch(() => [])
  const names = [...(await namesIn(folder)), ...(await namesIn(join(folder, 'onnx'))).map((name) => `onnx/${name}`)]
  return names.filter((name) => SAFETENSORS.test(name) || OTHER_WEIGHTS.test(name))
}

interface Report {
  readonly out: string
  readonly form: MergedForm
  readonly result: MergedExport
  readonly files: readonly string[]
  readonly needsTemplate: boolean
}

function report(output: Output, { out, form, result, files, needsTemplate }: Report): void {
  const { proof, weightBytes, isBaseQuantized } = result
  output.json({ out, stored: formName(form), files, weightBytes, isBaseQuantized, needsTemplate, proof })
  output.line(`${out}: ${figures.bytes(weightBytes)} of weights in ${formName(form)}`)
  if (isBaseQuantized) output.line('The base came quantized: the adapter was added to what its weights stand for.')
  output.line(
    `On ${proof.tokens} tokens its logits differ from the live model’s by ${figures.percent(proof.largestDifference)} at most, ` +
      `and ${figures.percent(proof.agreement)} of its likeliest tokens are the same.`,
  )
  if (form.kind !== 'gguf') return
  output.line(
    needsTemplate
      ? 'Its chat template is none that Plume knows in Ollama’s language: the Modelfile’s TEMPLATE has to be written by hand.'
      : 'The Modelfile beside it is for Ollama, by its documentation.',
  )
}
