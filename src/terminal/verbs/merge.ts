// merge: a model with an adapter merged in, as a folder that transformers opens.
import { existsSync } from 'node:fs'
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { mergedDTypes } from '../../engine/api'
import { choice, requiredText, text, toggle } from '../flags'
import { figures } from '../figures'
import { adapterFiles, modelLocation } from '../folders'
import { nodeEngine } from '../nodeEngine'
import { UsageError } from '../usageError'
import { defineVerb } from '../verb'

const WRITTEN_LAST = 'model.safetensors'

const flags = {
  adapter: requiredText({ placeholder: 'DIR|ZIP', help: 'The adapter: a PEFT folder, its zip, or a GGUF file.' }),
  out: requiredText({ placeholder: 'DIR', help: 'Where the model goes, in Hugging Face’s layout.' }),
  model: text({ placeholder: 'DIR|FILE', help: 'A model’s folder or its weights; the embedded one when not given.' }),
  dtype: choice(mergedDTypes, { fallback: 'float16', help: 'What the weights are stored in; merging is in float32.' }),
  overwrite: toggle('Replaces what --out holds.'),
}

export const merge = defineVerb({
  name: 'merge',
  summary: 'Merges an adapter into its model and writes the whole model.',
  usage: 'merge --adapter DIR --out DIR [--model DIR|FILE] [--dtype TYPE]',
  examples: ['merge --adapter out/sherlock --out out/sherlock-merged --dtype bfloat16'],
  operands: 0,
  flags,
  async run({ values, output }) {
    if (existsSync(join(values.out, WRITTEN_LAST)) && !values.overwrite) {
      throw new UsageError(`${values.out} holds a model: --overwrite replaces it`)
    }
    const adapter = await adapterFiles(values.adapter)
    const engine = nodeEngine()
    await engine.loadModel(modelLocation(values.model))
    await engine.importAdapter(adapter)
    await mkdir(values.out, { recursive: true })
    const dtype = mergedDTypes.find((one) => one === values.dtype) ?? 'float16'

    // A file is not called by its name before its last byte is written.
    let file: FileHandle | null = null
    try {
      const { proof, weightBytes, isBaseQuantized } = await engine.exportMerged(
        { dtype, container: 'files' },
        async ({ name, bytes, isLast }) => {
          const path = join(values.out, name)
          file ??= await open(`${path}.part`, 'w')
          await file.write(bytes)
          if (!isLast) return
          await file.close()
          file = null
          await rename(`${path}.part`, path)
        },
      )
      output.json({ out: values.out, dtype, weightBytes, isBaseQuantized, proof })
      output.line(`${values.out}: ${figures.bytes(weightBytes)} of weights in ${dtype}`)
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
