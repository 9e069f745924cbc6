// What a person writes, as the model is asked it: in the words that the corpus teaches, or, where there is none,
// as a conversation for models that hold them.
import type { ModelInfo, Prompt } from '../engine/api'
import { isTemplateError, renderChatPrompt } from '../rpc/templates'
import { useDataset } from './dataset'

export async function promptFor(text: string, { chatTemplate }: ModelInfo): Promise<Prompt> {
  const { state } = useDataset.getState()
  const kind = state.name === 'ready' ? state.corpus.kind : chatTemplate ? 'messages' : 'text'
  if (kind === 'prompt-completion') return { text, as: 'completion' }
  if (kind !== 'messages') return { text }
  if (!chatTemplate) return { text, as: 'chat' }
  try {
    return { text, as: await renderChatPrompt({ ...chatTemplate, messages: [{ role: 'user', content: text }] }) }
  } catch (thrown) {
    // The corpus was not written by such a template either.
    if (isTemplateError(thrown)) return { text, as: 'chat' }
    throw thrown
  }
}
