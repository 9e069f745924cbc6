// cluster: the run that `train` would make here, as a folder for TRL and PEFT on another machine.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readingOf, trainingSets } from '../corpora'
import { requiredText, text, texts, toggle } from '../flags'
import { figures } from '../figures'
import { replaceFile } from '../folderStore'
import { adapterFiles, modelLocation, readAll } from '../folders'
import { nodeEngine } from '../nodeEngine'
import { precisionFlag, presetFlag, settingsFlags, settingsOf } from '../trainingFlags'
import { UsageError } from '../usageError'
import { defineVerb } from '../verb'

const flags = {
  data: texts({ placeholder: 'FILE', help: 'Texts to learn from; without them the folder goes without data.' }),
  out: requiredText({ placeholder: 'DIR', help: 'Where the folder goes.' }),
  model: text({ placeholder: 'DIR|FILE', help: 'A model’s folder or its weights; the embedded one when not given.' }),
  adapter: text({ placeholder: 'DIR|ZIP', help: 'Starts from this adapter instead of where a new run starts.' }),
  preset: presetFlag,
  precision: precisionFlag,
  ...settingsFlags,
  overwrite: toggle('Replaces what --out holds.'),
}

export const cluster = defineVerb({
  name: 'cluster',
  summary: 'Writes a run as a folder for TRL and PEFT on another machine.',
  usage: 'cluster --out DIR [--data FILE…] [--model DIR|FILE] [flags]',
  examples: ['cluster --data ../shared/corpus/sherlock-holmes.txt --steps 1000 --out out/for-the-cluster'],
  operands: 0,
  flags,
  async run({ values, output }) {
    if (existsSync(join(values.out, 'train.py')) && !values.overwrite) {
      throw new UsageError(`${values.out} holds a run: --overwrite replaces it`)
    }
    const data = await readAll(values.data)
    const adapter = values.adapter === null ? null : await adapterFiles(values.adapter)
    const engine = nodeEngine()
    const model = await engine.loadModel(modelLocation(values.model))
    if (adapter) await engine.importAdapter(adapter)
    const settings = settingsOf(values, { preset: values.preset, precision: values.precision, model })
    const reading = readingOf(engine.tokenizer(), model.chatTemplate)
    const { train } = data.length > 0 ? await trainingSets({ data, valid: [] }, reading, settings) : { train: null }
    const { files } = await engine.exportCluster({ settings, train, continuesAdapter: adapter !== null })
    for (const { name, bytes } of files) {
      const path = join(values.out, name)
      await mkdir(dirname(path), { recursive: true })
      await replaceFile(path, bytes)
    }
    output.json({ out: values.out, settings, files: files.map(({ name }) => name) })
    const size = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    output.line(`${values.out}: ${files.length} files, ${figures.bytes(size)}; its README.md has the two commands`)
  },
})
