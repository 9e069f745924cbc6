// The page's half of the border: starts the workers, restarts the one that can hang, and gives the
// stores two plain objects. Tests and the preview put their own in with `connect`.
import { AppError } from '../base/errors'
import { trialConversation } from '../engine/api'
import type { CorpusApi, CorpusRequest, EngineApi, ModelFilesRequest, ModelTemplate } from '../engine/api'
import type { HubApi } from '../hub/api'
import { remote } from './remote'
import { isTemplateError, renderChatTemplate } from './templates'

type PreparedCorpus = Awaited<ReturnType<CorpusApi['prepare']>>

/** A file that takes longer than this is taken for one that hangs the parser. */
const PREPARE_LIMIT_MS = 60_000

let connectedEngine: EngineApi | null = null
let engineWorker: Worker | null = null
let connectedCorpus: CorpusApi | null = null
let corpusWorker: Worker | null = null
let connectedHub: HubApi | null = null
let loadedTokenizer: { readonly model: ModelOrigin; readonly usesModelTemplate: boolean } | null = null

/** Uses these instead of workers. */
export function connect(engine: EngineApi, corpus: CorpusApi, hub: HubApi | null = null): void {
  connectedEngine = engine
  connectedCorpus = corpus
  connectedHub = hub
  loadedTokenizer = null
}

/** The engine; its worker starts with the first call. */
export function engine(): EngineApi {
  if (!connectedEngine) {
    engineWorker = new Worker(new URL('../../workers/engine.worker.ts', import.meta.url), {
      type: 'module',
      name: 'engine',
    })
    connectedEngine = remote<EngineApi>(engineWorker)
  }
  return connectedEngine
}

/** Ends the engine's worker with all it holds, so that the next call starts a fresh one. After a lost device. */
export function restartEngine(): void {
  engineWorker?.terminate()
  if (engineWorker) connectedEngine = null
  engineWorker = null
}

/** The model hub; its worker, the only one that reaches another host, starts with the first call. */
export function hub(): HubApi {
  connectedHub ??= remote<HubApi>(
    new Worker(new URL('../../workers/hub.worker.ts', import.meta.url), { type: 'module', name: 'hub' }),
  )
  return connectedHub
}

/** Where a model comes from: an address of this origin, or files that a person chose. */
export type ModelOrigin = string | ModelFilesRequest

/** Parses and tokenizes; kills its worker when a file keeps it longer than a minute. */
export async function prepareCorpus(request: CorpusRequest, model: ModelOrigin): Promise<PreparedCorpus> {
  const corpus = corpusApi()
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      restartCorpus()
      reject(
        new AppError('engine/stopped-answering', {
          message: `preparing the corpus took more than ${PREPARE_LIMIT_MS} ms`,
          details: { limitMs: PREPARE_LIMIT_MS },
        }),
      )
    }, PREPARE_LIMIT_MS)
  })
  try {
    return await Promise.race([prepare(corpus, request, model), tooLong])
  } finally {
    clearTimeout(timer)
  }
}

async function prepare(corpus: CorpusApi, request: CorpusRequest, model: ModelOrigin): Promise<PreparedCorpus> {
  if (loadedTokenizer?.model !== model) {
    const { chatTemplate } = await (typeof model === 'string'
      ? corpus.loadTokenizer(model)
      : corpus.openTokenizer(model))
    loadedTokenizer = { model, usesModelTemplate: chatTemplate !== null && (await canWrite(chatTemplate)) }
  }
  return await corpus.prepare({ ...request, usesModelTemplate: loadedTokenizer.usesModelTemplate })
}

/** A template that hangs does so in its own worker, and never reaches the corpus. */
async function canWrite(template: ModelTemplate): Promise<boolean> {
  try {
    await renderChatTemplate({ ...template, messages: trialConversation })
    return true
  } catch (thrown) {
    if (isTemplateError(thrown)) return false
    throw thrown
  }
}

function corpusApi(): CorpusApi {
  if (!connectedCorpus) {
    corpusWorker = new Worker(new URL('../../workers/corpus.worker.ts', import.meta.url), {
      type: 'module',
      name: 'corpus',
    })
    connectedCorpus = remote<CorpusApi>(corpusWorker)
  }
  return connectedCorpus
}

function restartCorpus(): void {
  if (!corpusWorker) return
  corpusWorker.terminate()
  corpusWorker = null
  connectedCorpus = null
  loadedTokenizer = null
}
