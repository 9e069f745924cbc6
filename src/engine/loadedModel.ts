// A model that was opened: its files, read by range, and its weights on the device in one precision at a
// time, so that what the ledger shows is what the chosen precision costs.
import { AppError } from '../base/errors'
import type { FileSource } from '../formats/fileSource'
import {
  familyOf,
  linearNamesOf,
  linearPath,
  linearShape,
  parameterCount,
  readModelConfig,
  type LinearName,
  type ModelConfig,
} from '../models/config'
import { declareModel, layoutOn, tensorsOfModel, type Model, type Precision } from '../models/model'
import type { QuantizedWeight } from '../models/quantize'
import { canTrainWhole } from '../models/wholeModel'
import { loadWeights, transpose, type WriteWeight } from '../models/weights'
import type { Device } from '../plan/device'
import { modelTemplateOf } from '../text/modelTemplate'
import { checkVocabulary } from '../text/tokenizer'
import { readTokenizerFiles } from '../text/tokenizerFiles'
import type { Tokenizer } from '../text/types'
import type { ModelInfo } from './api'
import { requireFloat16 } from './float16Products'
import { openModelFiles, type ModelFiles } from './modelFiles/modelFiles'
import { missingTensor, type WeightFiles } from './modelFiles/weightFiles'

export class LoadedModel {
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  readonly info: ModelInfo
  readonly files: ModelFiles
  readonly #weights: WeightFiles
  readonly #norms = new Map<string, number>()
  #onDevice: Model | null = null

  private constructor(config: ModelConfig, tokenizer: Tokenizer, info: ModelInfo, files: ModelFiles) {
    this.config = config
    this.tokenizer = tokenizer
    this.info = info
    this.files = files
    this.#weights = files.weights
  }

  /** Reads and checks the files. Nothing goes to the device yet. */
  static async open(id: string, sources: readonly FileSource[]): Promise<LoadedModel> {
    const files = await openModelFiles(sources)
    const config = readModelConfig(files.config)
    const text = readTokenizerFiles(files.tokenizer)
    const { tokenizer } = text
    checkVocabulary(tokenizer, config.vocabulary)
    const info: ModelInfo = {
      id,
      name: id,
      sha256: await files.weights.sha256(),
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
      canTrainWhole: canTrainWhole(config),
      fileBytes: files.sizeBytes,
      chatTemplate: modelTemplateOf(text),
    }
    return new LoadedModel(config, tokenizer, info, files)
  }

  /** In which precision the weights are on the device; null when they are not. */
  get devicePrecision(): Precision | null {
    return this.#onDevice?.precision ?? null
  }

  /**
   * The model's weights on the device in `precision`; those of another precision are freed first.
   *
   * @throws AppError `device/no-float16` where the device misreads halves, `device/out-of-memory`
   */
  async onDevice(device: Device, precision: Precision): Promise<Model> {
    if (this.#onDevice?.precision === precision) return this.#onDevice
    if (precision === 'float16') await requireFloat16(device)
    this.leaveDevice(device)
    let placed = await this.#place(device, precision)
    if (placed.beyondHalves.size > 0) {
      // Rare enough to load twice for it.
      for (const tensor of tensorsOfModel(placed.model)) device.free(tensor)
      placed = await this.#place(device, precision, placed.beyondHalves)
    }
    this.#onDevice = placed.model
    return placed.model
  }

  async #place(device: Device, precision: Precision, beyondHalves: ReadonlySet<string> = new Set()) {
    const model = declareModel(this.config, precision, { ...layoutOn(device, this.config), beyondHalves })
    try {
      await device.guarded(() => {
        for (const tensor of tensorsOfModel(model)) device.place(tensor)
      })
      return { model, beyondHalves: await this.fill(model, (tensor, data) => device.write(tensor, data)) }
    } catch (thrown) {
      for (const tensor of tensorsOfModel(model)) device.free(tensor)
      throw thrown
    }
  }

  /** Writes the files' weights where the tensors of `model` lie, in its precision. Returns what `loadWeights` does. */
  fill(model: Model, write: WriteWeight): Promise<ReadonlySet<string>> {
    return loadWeights(
      model,
      (name, shape) => this.readWeight(name, shape),
      write,
      (name, shape) => this.#readBlocks(name, shape),
    )
  }

  leaveDevice(device: Device): void {
    if (this.#onDevice) for (const tensor of tensorsOfModel(this.#onDevice)) device.free(tensor)
    this.#onDevice = null
  }

  /** ||W|| of each linear, in the order of layers and names. */
  async linearNorms(): Promise<ReadonlyMap<string, number>> {
    for (let layer = 0; layer < this.config.layers; layer++) {
      for (const name of linearNamesOf(this.config)) await this.#linearNorm(layer, name)
    }
    return this.#norms
  }

  /** As a file holds them, before any rounding of ours. [outputs, inputs] */
  async linearWeights(layer: number, linear: LinearName): Promise<Float32Array> {
    const { outputs, inputs } = linearShape(this.config, linear)
    const name = `${linearPath(this.config, layer, linear)}.weight`
    const { isTransposed } = familyOf(this.config)
    const stored = await this.readWeight(name, isTransposed ? [inputs, outputs] : [outputs, inputs])
    return isTransposed ? transpose(stored, inputs, outputs) : stored
  }

  async #linearNorm(layer: number, linear: LinearName): Promise<void> {
    const path = linearPath(this.config, layer, linear)
    if (this.#norms.has(path)) return
    const weights = await this.linearWeights(layer, linear)
    this.#norms.set(path, Math.sqrt(weights.reduce((sum, value) => sum + value * value, 0)))
  }

  /** A tensor by its name in a checkpoint. @throws AppError `model/weights-missing`, `model/config-invalid` */
  async readWeight(name: string, shape: readonly number[]): Promise<Float32Array> {
    const storedName = this.#storedName(name)
    checkShape(storedName, this.#weights.shapeOf(storedName), shape)
    return this.#weights.float32(storedName)
  }

  async #readBlocks(name: string, shape: readonly number[]): Promise<QuantizedWeight | null> {
    const storedName = this.#storedName(name)
    const blocks = await this.#weights.blocks(storedName)
    if (blocks) checkShape(storedName, blocks.shape, shape)
    return blocks
  }

  /** Checkpoints of the bare decoder lack the first part of the names (`model.`, `transformer.`). */
  #storedName(name: string): string {
    const found = [name, name.slice(name.indexOf('.') + 1)].find((one) => this.#weights.shapeOf(one) !== undefined)
    if (found === undefined) throw missingTensor(name)
    return found
  }
}

function checkShape(name: string, stored: readonly number[] | undefined, expected: readonly number[]): void {
  if (stored?.join() === expected.join()) return
  throw new AppError('model/config-invalid', {
    message: `${name} is [${stored?.join(', ') ?? ''}], the config says [${expected.join(', ')}]`,
    details: { field: name },
  })
}
