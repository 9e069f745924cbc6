// The template worker's half of the contract.
import { applyChatTemplate, compileChatTemplate } from '../text/chatTemplate'
import { renderChat, renderChatPrompt } from '../text/chatTemplateSpans'
import { recognizeChat } from '../text/recognizeChat'
import type { TemplateApi } from './api'

export const templateService: TemplateApi = {
  ready: () => Promise.resolve(),
  apply: async (request) => applyChatTemplate(request),
  render: async ({ template, messages, ...options }) => renderChat(compileChatTemplate(template, options), messages),
  renderPrompt: async ({ template, messages, ...options }) =>
    renderChatPrompt(compileChatTemplate(template, options), messages),
  recognize: async (template) => recognizeChat(template),
}
