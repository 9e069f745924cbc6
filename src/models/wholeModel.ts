// Full fine-tuning: every weight is trained, and nothing lies beside the model. For comparing LoRA with it on a model
// that is small enough.
import { assert, defined } from '../base/assert'
import { elementCount, type Tensor } from '../plan/tensor'
import { familyOf, parameterCount, type ModelConfig } from './config'
import { declareModel, MAX_PART_BYTES, tensorsOfModel, type Model } from './model'
import { declareTrained, type Trained } from './trained'

export interface WholeModel extends Trained {
  /** Its weights are windows into `parameters`. */
  readonly model: Model
  /** Each weight, and where its gradient is added up. */
  readonly gradientOf: ReadonlyMap<Tensor, Tensor>
}

/** True where every weight has a gradient, and all of them fit what any device can bind. */
export function canTrainWhole(config: ModelConfig): boolean {
  const { normKind } = familyOf(config)
  return (
    normKind === 'rms' &&
    config.rope !== null &&
    config.linearsWithBias.length === 0 &&
    4 * parameterCount(config) < MAX_PART_BYTES
  )
}

/** Names the tensors of a model that is trained as a whole. Nothing is allocated. */
export function declareWholeModel(config: ModelConfig): WholeModel {
  assert(canTrainWhole(config), 'some weights of this model have no gradient')
  const draft = declareModel(config, 'float32', { joinsLinears: false })
  const entries = tensorsOfModel(draft).filter((tensor) => tensor !== draft.positions.table)
  const { views, gradientViews, ...trained } = declareTrained('weights', entries, {
    role: 'weights',
    needsGradient: true,
  })
  const byName = new Map(views.map((view) => [view.name, view]))
  const model = declareModel(config, 'float32', { joinsLinears: false, weightOf: (name) => byName.get(name) })
  const gradientOf = views.map((view, index) => [view, defined(gradientViews[index], view.name)] as const)
  return { ...trained, inFiles: views, model, gradientOf: new Map(gradientOf) }
}

/** Puts a weight where it belongs among the flat parameters. */
export function placeWeight(
  flat: Float32Array,
  { parameters }: WholeModel,
  tensor: Tensor,
  values: Float32Array,
): boolean {
  if (tensor.base !== parameters) return false
  flat.set(values.subarray(0, elementCount(tensor)), tensor.offsetBytes / 4)
  return true
}
