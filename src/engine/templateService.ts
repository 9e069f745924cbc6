// The template worker's half of the contract.
import { applyChatTemplate, compileChatTemplate } from '../text/chatTemplate'
import { renderChat } from '../text/chatTemplateSpans'
import type { TemplateApi } from './api'

export const templateService: TemplateApi = {
  ready: () => Promise.resolve(),
  apply: async (request) => applyChatTemplate(request),
  render: async ({ template, messages, ...options }) => renderChat(compileChatTemplate(template, options), messages),
}
