// merge: a model with an adapter merged in, as a folder that transformers or ONNX Runtime opens.
import { existsSync } from 'node:fs'
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { defined } from '../../base/assert'
import { formName, mergedDTypes, mergedForms } from '../../engine/api'
import { choice, requiredText, text, toggle } from '../flags'
import { figures } from '../figures'
import { adapterFiles, modelLocation } from '../folders'
import { nodeEngine } from '../nodeEngine'
import { UsageError } from '../usageError'
import { defineVerb } from '../verb'

const WEIGHTS = ['model.safetensors', 'onnx/model.onnx', 'onnx/model_quantized.onnx']

const flags = {
  adapter: requiredText({ placeholder: 'DIR|ZIP', help: 'The adapter: a PEFT folder, its zip, or a GGUF file.' }),
  out: requiredText({ placeholder: 'DIR', help: 'Where the model goes, in Hugging Face’s layout.' }),
  model: text({ placeholder: 'DIR|FILE', help: 'A model’s folder or its weights; the embedded one when not given.' }),
  dtype: choice(mergedDTypes, { fallback: 'float16', help: 'What the weights are stored in; merging is in float32.' }),
  onnx: choice(['none', 'float32', 'int8'], {
    fallback: 'none',
    help: 'Writes an ONNX graph with a key/value cache instead, in this precision.',
  }),
  overwrite: toggle('Replaces what --out holds.'),
}

export const merge = defineVerb({
  name: 'merge',
  summary: 'Merges an adapter into its model and writes the whole model.',
  usage: 'merge --adapter DIR --out DIR [--model DIR|FILE] [--dtype TYPE | --onnx PRECISION]',
  examples: [
    'merge --adapter out/sherlock --out out/sherlock-merged --dtype bfloat16',
    'merge --adapter out/sherlock --out out/sherlock-onnx --onnx int8',
  ],
  operands: 0,
  flags,
  async run({ values, output }) {
    const asked = values.onnx === 'none' ? values.dtype : `ONNX ${values.onnx}`
    const form = defined(
      mergedForms.find((one) => formName(one) === asked),
      asked,
    )
    if (WEIGHTS.some((name) => existsSync(join(values.out, name))) && !values.overwrite) {
      throw new UsageError(`${values.out} holds a model: --overwrite replaces it`)
    }
    const adapter = await adapterFiles(values.adapter)
    const engine = nodeEngine()
    await engine.loadModel(modelLocation(values.model))
    await engine.importAdapter(adapter)

    // A file is not called by its name before its last byte is written.
    let file: FileHandle | null = null
    try {
      const { proof, weightBytes, isBaseQuantized } = await engine.exportMerged(
        { form, container: 'files' },
        async ({ name, bytes, isLast }) => {
          const path = join(values.out, name)
          await mkdir(dirname(path), { recursive: true })
          file ??= await open(`${path}.part`, 'w')
          await file.write(bytes)
          if (!isLast) return
          await file.close()
          file = null
          await rename(`${path}.part`, path)
        },
      )
      output.json({ out: values.out, stored: formName(form), weightBytes, isBaseQuantized, proof })
      output.line(`${values.out}: ${figures.bytes(weightBytes)} of weights in ${formName(form)}`)
      if (isBaseQuantized) output.line('The base came quantized: the adapter was added to what its weights stand for.')
      output.line(
        `On ${proof.tokens} tokens its logits differ from the live model’s by ${figures.percent(proof.largestDifference)} at most, ` +
          `and ${figures.percent(proof.agreement)} of its likeliest tokens are the same.`,
      )
    } finally {
      await (file as FileHandle | null)?.close()
    }
  },
})
