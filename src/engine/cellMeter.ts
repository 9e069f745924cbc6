// One cell of {base, adapter} x {float32, int8}: what it takes, how fast it is, how well it reads, and how far its
// predictions are from those of the base in float32.
import type { Measurement } from '../base/measurement'
import { Generator } from '../generation/generator'
import type { LoraAdapter } from '../models/lora'
import type { Model } from '../models/model'
import { generalSet } from '../text/generalText'
import type { TokenSet } from '../text/types'
import { divergenceOf } from '../training/divergence'
import type { EvaluationResult } from '../training/evaluation'
import { isSameProbe, probeOf, type Probe } from '../training/probe'
import type { CellMeasurement, CellRequest } from './api'
import type { Bench } from './bench'
import { withInt8Products, type Int8Products } from './int8Products'
import { linearWeightBytes, logitsOfProbe, recordGenerationSession } from './session'
import { MEASURED_TOKENS, measureSpeed } from './speed'

/** The general text is read in sequences that every model takes. */
const GENERAL_SEQUENCE_TOKENS = 128

/** What the engine lends for a measurement. */
export interface MeterBench extends Bench {
  /** Whether int8 models take int8 activations here. */
  readonly int8Products: () => Promise<Int8Products | null>
  /** Declares the adapter that the cell asks for. */
  readonly declareAdapter: () => LoraAdapter | null
  readonly evaluate: (model: Model, adapter: LoraAdapter | null, set: TokenSet) => Promise<EvaluationResult>
}

interface Reference {
  readonly modelSha256: string
  readonly probe: Probe
  readonly logits: Float32Array
}

export class CellMeter {
  /** The float32 base's logits on the last probe: three other cells are compared with them. */
  #reference: Reference | null = null

  async measure(bench: MeterBench, { precision, usesAdapter, validation }: CellRequest): Promise<CellMeasurement> {
    const { device, loaded, now } = bench
    const general = generalSet(loaded.tokenizer, Math.min(GENERAL_SEQUENCE_TOKENS, loaded.config.maxTokens))
    const probe = probeOf(validation ?? general, loaded.config.vocabulary)
    const reference = await this.#referenceFor(bench, probe)

    const int8Products = precision === 'int8' ? await bench.int8Products() : null
    loaded.leaveDevice(device) // so that loading is timed whole
    const started = now()
    const model = withInt8Products(await loaded.onDevice(device, precision), int8Products)
    await device.idle()
    const loadMs = now() - started

    const adapter = bench.declareAdapter()
    const session = recordGenerationSession(model, adapter, MEASURED_TOKENS)
    const speed = await bench.withSession(session, adapter, async (executor) => {
      const generator = new Generator(executor, session.generation, loaded.tokenizer)
      const figures = await measureSpeed(generator, loaded.config.vocabulary, now)
      return { ...figures, memory: device.bytesByRole() }
    })
    const lossOn = async (set: TokenSet): Promise<Measurement> => {
      const { value, spread, n } = await bench.evaluate(model, adapter, set)
      return { value, spread, n }
    }
    const isReference = precision === 'float32' && !usesAdapter
    return {
      precision,
      usesAdapter,
      linearWeightBytes: linearWeightBytes(model),
      int8Products,
      loadMs,
      ...speed,
      validationLoss: validation && (await lossOn(validation)),
      generalLoss: await lossOn(general),
      fromReference:
        isReference || reference.logits.length === 0
          ? null
          : divergenceOf(
              reference.logits,
              await logitsOfProbe(bench.withSession, model, adapter, probe),
              loaded.config.vocabulary,
            ),
    }
  }

  async #referenceFor(bench: MeterBench, probe: Probe): Promise<Reference> {
    const { loaded, device } = bench
    const known = this.#reference
    if (known && known.modelSha256 === loaded.info.sha256 && isSameProbe(known.probe, probe)) return known
    const logits = await logitsOfProbe(bench.withSession, await loaded.onDevice(device, 'float32'), null, probe)
    this.#reference = { modelSha256: loaded.info.sha256, probe, logits }
    return this.#reference
  }
}
