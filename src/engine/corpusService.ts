// The corpus worker's half of the contract: a tokenizer, and corpora prepared with it.
import { AppError } from '../base/errors'
import { mark } from '../base/timeline'
import { blobSource } from '../formats/fileSource'
import { compileChatTemplate } from '../text/chatTemplate'
import { openFiles } from '../text/corpus/openFiles'
import { modelTemplateOf, type ModelTemplate } from '../text/modelTemplate'
import { prepareCorpus } from '../text/prepareCorpus'
import { parseTokenizerJson } from '../text/tokenizerFile'
import { readTokenizerFiles, type TokenizerFiles } from '../text/tokenizerFiles'
import type { PreparedCorpus, Tokenizer } from '../text/types'
import type { CorpusApi, CorpusRequest, ModelFilesRequest, TokenizerInfo } from './api'
import { openModelFiles } from './modelFiles/modelFiles'

export class CorpusService implements CorpusApi {
  readonly #fetchFile: (baseUrl: string, name: string) => Promise<Uint8Array<ArrayBuffer>>
  #tokenizer: Tokenizer | null = null
  #template: ModelTemplate | null = null

  constructor(fetchFile: (baseUrl: string, name: string) => Promise<Uint8Array<ArrayBuffer>>) {
    this.#fetchFile = fetchFile
  }

  async loadTokenizer(baseUrl: string): Promise<TokenizerInfo> {
    return this.#take({ 'tokenizer.json': parseTokenizerJson(await this.#fetchFile(baseUrl, 'tokenizer.json')) })
  }

  async openTokenizer({ files }: ModelFilesRequest): Promise<TokenizerInfo> {
    const sources = files.map(({ name, blob }) => blobSource(blob, name))
    return this.#take((await openModelFiles(sources)).tokenizer)
  }

  async prepare({ files, usesModelTemplate = false, ...options }: CorpusRequest): Promise<PreparedCorpus> {
    if (!this.#tokenizer) throw new AppError('engine/no-model', { message: 'loadTokenizer has not been called' })
    const template = this.#template
    const chat = template && usesModelTemplate ? compileChatTemplate(template.template, template) : null
    const replacesTemplate = template !== null && !chat
    const settings = { ...options, replacesTemplate }
    const corpus = prepareCorpus(await openFiles(files), { tokenizer: this.#tokenizer, chat }, settings)
    mark('corpus ready')
    return corpus
  }

  #take(files: TokenizerFiles): TokenizerInfo {
    const read = readTokenizerFiles(files)
    this.#tokenizer = read.tokenizer
    this.#template = modelTemplateOf(read)
    return { vocabularySize: read.tokenizer.vocabularySize, chatTemplate: this.#template }
  }
}
