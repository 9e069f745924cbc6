// A model that was fetched: its files' bytes on the host, and its weights on the device in one precision
// at a time, so that what the ledger shows is what the chosen precision costs.
import { defined } from '../base/assert'
import { sha256Hex } from '../base/bytes'
import { AppError } from '../base/errors'
import { bytesSource, type FileSource } from '../formats/fileSource'
import { readSafetensorsHeader, readTensor, toFloat32, type SafetensorsHeader } from '../formats/safetensors'
import type { Gpu } from '../gpu/gpu'
import {
  familyOf,
  linearNamesOf,
  linearPath,
  parameterCount,
  readModelConfig,
  type LinearName,
  type ModelConfig,
} from '../models/config'
import { declareModel, tensorsOfModel, type Model, type Precision } from '../models/model'
import { loadWeights } from '../models/weights'
import { loadTokenizer } from '../text/tokenizer'
import type { Tokenizer } from '../text/types'
import type { ModelInfo } from './api'

export interface ModelFiles {
  readonly id: string
  readonly config: Uint8Array<ArrayBuffer>
  readonly tokenizer: Uint8Array<ArrayBuffer>
  readonly weights: Uint8Array<ArrayBuffer>
}

export class LoadedModel {
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  readonly info: ModelInfo
  readonly #source: FileSource
  readonly #header: SafetensorsHeader
  readonly #norms = new Map<string, number>()
  #onDevice: Model | null = null

  private constructor(
    config: ModelConfig,
    tokenizer: Tokenizer,
    info: ModelInfo,
    source: FileSource,
    header: SafetensorsHeader,
  ) {
    this.config = config
    this.tokenizer = tokenizer
    this.info = info
    this.#source = source
    this.#header = header
  }

  /** Reads and checks the files. Nothing goes to the device yet. */
  static async open(files: ModelFiles): Promise<LoadedModel> {
    const config = readModelConfig(parseJson(files.config, 'config.json', 'model/config-invalid'))
    const tokenizer = loadTokenizer(parseJson(files.tokenizer, 'tokenizer.json', 'tokenizer/invalid'))
    const source = bytesSource(files.weights, 'model.safetensors')
    const header = await readSafetensorsHeader(source)
    const info: ModelInfo = {
      id: files.id,
      name: files.id,
      sha256: await sha256Hex(files.weights),
      architecture: familyOf(config).title,
      linears: linearNamesOf(config),
      layers: config.layers,
      width: config.width,
      heads: config.heads,
      keyValueHeads: config.keyValueHeads,
      headWidth: config.headWidth,
      feedForward: config.feedForward,
      vocabulary: config.vocabulary,
      maxTokens: config.maxTokens,
      parameters: parameterCount(config),
      hasTiedHead: config.hasTiedHead,
      fileBytes: files.config.byteLength + files.tokenizer.byteLength + files.weights.byteLength,
    }
    return new LoadedModel(config, tokenizer, info, source, header)
  }

  /** The model's weights on the device in `precision`; those of the other precision are freed first. */
  async onDevice(gpu: Gpu, precision: Precision): Promise<Model> {
    if (this.#onDevice?.precision === precision) return this.#onDevice
    this.leaveDevice(gpu)
    const model = declareModel(this.config, precision)
    try {
      await gpu.guarded(() => {
        for (const tensor of tensorsOfModel(model)) gpu.place(tensor)
      })
      await loadWeights(
        model,
        (name, shape) => this.#read(name, shape),
        (tensor, data) => gpu.write(tensor, data),
      )
    } catch (thrown) {
      for (const tensor of tensorsOfModel(model)) gpu.free(tensor)
      throw thrown
    }
    this.#onDevice = model
    return model
  }

  leaveDevice(gpu: Gpu): void {
    if (this.#onDevice) for (const tensor of tensorsOfModel(this.#onDevice)) gpu.free(tensor)
    this.#onDevice = null
  }

  /** ||W|| of each linear, in the order of layers and names. */
  async linearNorms(): Promise<ReadonlyMap<string, number>> {
    for (let layer = 0; layer < this.config.layers; layer++) {
      for (const name of linearNamesOf(this.config)) await this.#linearNorm(layer, name)
    }
    return this.#norms
  }

  async #linearNorm(layer: number, linear: LinearName): Promise<void> {
    const path = linearPath(this.config, layer, linear)
    if (this.#norms.has(path)) return
    const name = this.#storedName(`${path}.weight`)
    const weights = toFloat32(await readTensor(this.#source, this.#header, name))
    this.#norms.set(path, Math.sqrt(weights.reduce((sum, value) => sum + value * value, 0)))
  }

  async #read(name: string, shape: readonly number[]): Promise<Float32Array> {
    const storedName = this.#storedName(name)
    const { shape: storedShape } = defined(this.#header.tensors.get(storedName), storedName)
    if (storedShape.join() !== shape.join()) {
      throw new AppError('model/config-invalid', {
        message: `${name} is [${storedShape.join(', ')}], the config says [${shape.join(', ')}]`,
        details: { field: name },
      })
    }
    return toFloat32(await readTensor(this.#source, this.#header, storedName))
  }

  /** Checkpoints of the bare decoder lack the first part of the names (`model.`, `transformer.`). */
  #storedName(name: string): string {
    const found = [name, name.slice(name.indexOf('.') + 1)].find((one) => this.#header.tensors.has(one))
    if (found !== undefined) return found
    throw new AppError('model/weights-missing', { message: `no tensor ${name}`, details: { name } })
  }
}

function parseJson(bytes: Uint8Array, name: string, code: 'model/config-invalid' | 'tokenizer/invalid'): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new AppError(code, { message: `${name} is not JSON`, details: { field: name }, cause })
  }
}
