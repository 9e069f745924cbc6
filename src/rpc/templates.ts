// Chat templates away from the page's thread, with a deadline: a template is a stranger's program, and one that
// does not end takes its worker with it and nothing else.
import { AppError, type ErrorCode } from '../base/errors'
import type { ChatTemplateRequest, ModelTemplate, OllamaChat, RenderedChat, TemplateApi } from '../engine/api'
import { remote } from './remote'

/** Real templates take milliseconds, the longest conversation included. */
export const TEMPLATE_LIMIT_MS = 1000
/** Fetching and compiling the worker, which is no template's doing. */
const START_LIMIT_MS = 20_000

let running: { readonly worker: Worker; readonly api: TemplateApi } | null = null
/** One call at a time, so that none waits for another on its own deadline. */
let queue: Promise<unknown> = Promise.resolve()

/**
 * The conversation as the template writes it.
 *
 * @throws AppError `template/too-slow` after a second, `template/invalid`, `template/refused`, `template/too-large`.
 */
export function applyChatTemplate(request: ChatTemplateRequest): Promise<string> {
  return inTurn((api) => api.apply(request))
}

/** The same, and where people's words and the answers stand. @throws AppError also `template/not-stable`. */
export function renderChatTemplate(request: Omit<ChatTemplateRequest, 'addGenerationPrompt'>): Promise<RenderedChat> {
  return inTurn((api) => api.render(request))
}

/** A conversation up to the answer that is asked for. @throws AppError as `renderChatTemplate`. */
export function renderChatPrompt(request: Omit<ChatTemplateRequest, 'addGenerationPrompt'>): Promise<RenderedChat> {
  return inTurn((api) => api.renderPrompt(request))
}

/** How a model holds conversations, as Ollama is told of it. Never rejects for what a template did wrong. */
export async function recognizeChat(template: ModelTemplate | null): Promise<OllamaChat> {
  if (!template) return { kind: 'text' }
  try {
    return await inTurn((api) => api.recognize(template))
  } catch (thrown) {
    if (isTemplateError(thrown)) return { kind: 'unknown' }
    throw thrown
  }
}

/** True for what a template did wrong, which is no fault of the page. */
export function isTemplateError(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.code.startsWith('template/')
}

/** Ends the worker; the next call starts a fresh one. */
export function endTemplateWorker(): void {
  running?.worker.terminate()
  running = null
}

function inTurn<Result>(call: (api: TemplateApi) => Promise<Result>): Promise<Result> {
  const result = queue.then(() => run(call))
  queue = result.catch(() => undefined)
  return result
}

async function run<Result>(call: (api: TemplateApi) => Promise<Result>): Promise<Result> {
  const api = await started()
  try {
    return await within(call(api), TEMPLATE_LIMIT_MS, 'template/too-slow')
  } catch (thrown) {
    // Without an answer the worker is still busy, or broken: out of memory, for one.
    if (thrown instanceof AppError && endingCodes.includes(thrown.code)) endTemplateWorker()
    throw thrown
  }
}

const endingCodes: readonly ErrorCode[] = ['template/too-slow', 'engine/stopped-answering', 'unexpected']

async function started(): Promise<TemplateApi> {
  if (running) return running.api
  const worker = new Worker(new URL('../../workers/template.worker.ts', import.meta.url), {
    type: 'module',
    name: 'template',
  })
  const api = remote<TemplateApi>(worker)
  running = { worker, api }
  try {
    await within(api.ready(), START_LIMIT_MS, 'engine/stopped-answering')
  } catch (thrown) {
    endTemplateWorker()
    throw thrown
  }
  return api
}

async function within<Result>(result: Promise<Result>, limitMs: number, code: ErrorCode): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new AppError(code, { message: `no answer from the template worker in ${limitMs} ms`, details: { limitMs } }),
      )
    }, limitMs)
  })
  try {
    return await Promise.race([result, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
