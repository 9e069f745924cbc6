// The corpus worker's half of the contract: a tokenizer, and corpora prepared with it.
import { AppError } from '../base/errors'
import { blobSource } from '../formats/fileSource'
import { openFiles } from '../text/corpus/openFiles'
import { prepareCorpus } from '../text/prepareCorpus'
import { loadTokenizer } from '../text/tokenizer'
import { parseTokenizerJson } from '../text/tokenizerFile'
import type { PreparedCorpus, Tokenizer } from '../text/types'
import type { CorpusApi, CorpusRequest, ModelFilesRequest } from './api'
import { openModelFiles } from './modelFiles/modelFiles'

export class CorpusService implements CorpusApi {
  readonly #fetchFile: (baseUrl: string, name: string) => Promise<Uint8Array<ArrayBuffer>>
  #tokenizer: Tokenizer | null = null

  constructor(fetchFile: (baseUrl: string, name: string) => Promise<Uint8Array<ArrayBuffer>>) {
    this.#fetchFile = fetchFile
  }

  async loadTokenizer(baseUrl: string): Promise<{ readonly vocabularySize: number }> {
    this.#tokenizer = loadTokenizer(parseTokenizerJson(await this.#fetchFile(baseUrl, 'tokenizer.json')))
    return { vocabularySize: this.#tokenizer.vocabularySize }
  }

  async openTokenizer({ files }: ModelFilesRequest): Promise<{ readonly vocabularySize: number }> {
    const sources = files.map(({ name, blob }) => blobSource(blob, name))
    const { tokenizer, tokenizerConfig } = await openModelFiles(sources)
    this.#tokenizer = loadTokenizer(tokenizer, tokenizerConfig)
    return { vocabularySize: this.#tokenizer.vocabularySize }
  }

  async prepare({ files, ...options }: CorpusRequest): Promise<PreparedCorpus> {
    if (!this.#tokenizer) throw new AppError('engine/no-model', { message: 'loadTokenizer has not been called' })
    return prepareCorpus(await openFiles(files), this.#tokenizer, options)
  }
}
