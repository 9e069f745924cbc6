// A Modelfile: how Ollama is told of a model in GGUF, or of an adapter beside its base. Written by Ollama's
// documentation (docs/modelfile.md) and the source of its templates; Ollama itself was not run.
import { encodeUtf8 } from '../base/bytes'
import { goTemplate, stopsOf, type OllamaChat } from '../text/ollamaChat'
import type { NamedFile } from './api'

export const MODELFILE = 'Modelfile'

export interface ModelfileFacts {
  /** The file of the model, beside the Modelfile. */
  readonly from: string
  /** The file of the adapter; null where it is merged in. */
  readonly adapter: string | null
  readonly chat: OllamaChat
  /** The tokenizer puts its beginning before every text. */
  readonly addsBos: boolean
}

export function modelfile({ from, adapter, chat, addsBos }: ModelfileFacts): NamedFile {
  const lines = [
    '# For Ollama: ollama create NAME -f Modelfile',
    '# Written by its documentation; it was not run there.',
    ...(adapter === null ? [] : ['# FROM is the model that the adapter was trained on, as a GGUF file.']),
    `FROM ./${from}`,
    ...(adapter === null ? [] : [`ADAPTER ./${adapter}`]),
    ...chatLines(chat, addsBos),
    '',
  ]
  return { name: MODELFILE, bytes: encodeUtf8(lines.join('\n')) }
}

function chatLines(chat: OllamaChat, addsBos: boolean): string[] {
  switch (chat.kind) {
    case 'text':
      return [
        '# The model has no chat template: it continues what it is given. One that learned prompts and their completions',
        '# expects a line break after the prompt.',
        'TEMPLATE """{{ .Prompt }}"""',
      ]
    case 'unknown':
      return [
        '# The model’s chat template is none that Plume knows in Ollama’s language, so TEMPLATE has to be written by hand.',
        '# Without it Ollama guesses, and a wrong template makes poor answers.',
        '# TEMPLATE """..."""',
      ]
    case 'known':
      return [
        ...(addsBos && !chat.writesBos && chat.bosToken !== ''
          ? [`# The tokenizer begins every text with ${chat.bosToken}, which the model’s own template does not write.`]
          : []),
        ...(chat.dropsThoughts
          ? ['# The model’s own template leaves out what earlier answers have in <think>; this one keeps it.']
          : []),
        `TEMPLATE """${goTemplate(chat, { addsBos })}"""`,
        ...(chat.defaultSystem === null ? [] : [`SYSTEM """${chat.defaultSystem}"""`]),
        ...stopsOf(chat).map((stop) => `PARAMETER stop "${stop}"`),
      ]
  }
}
