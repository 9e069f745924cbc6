// Whether an adapter fits a model, and where not: what a person is told is which of the two is meant, not that a name
// was not found.
import { layerOf, wrongBase, type PeftAdapter } from '../adapters/peft'
import { unsupportedAdapter } from '../adapters/refusals'
import type { ErrorDetails } from '../base/errors'
import { linearNamesOf, linearPath, linearShape, type ModelConfig } from '../models/config'

/** Parts of a model that are no linear of a layer. */
const HEAD = /(?:^|\.)lm_head$/
const EMBEDDING = /(?:^|\.)(?:embed_tokens|wte|wpe)$/

/**
 * Passes where every module has its place with the right shapes and none is missing.
 *
 * @throws AppError `adapter/wrong-base` with what differs in its details: `modules` (kinds of linears that this model
 * lacks), `layersThere` beside `layersHere`, `shapes` (how many differ) with `module`, `found` and `needed` of the
 * first, `missing` (how many modules) with `module`; `adapter/unsupported` for an adapted head or embedding.
 */
export function checkFit(config: ModelConfig, peft: PeftAdapter): void {
  const places = placesOf(config)
  const foreign = peft.modules.filter((path) => !places.has(path))
  // The same module in layer 0 tells a model of fewer layers from one of another kind.
  const deeper = foreign.filter((path) => places.has(path.replace(/\.\d+\./, '.0.')))
  const unknown = foreign.filter((path) => !deeper.includes(path))
  const outside = unknown.find((path) => HEAD.test(path) || EMBEDDING.test(path))
  const shapes = peft.modules.flatMap((path) => shapeDifference(path, places.get(path), peft))
  const adapted = new Set(peft.modules)
  const targets = new Set(peft.modules.map((path) => places.get(path)?.linear))
  const missing = [...places].flatMap(([path, { linear }]) =>
    targets.has(linear) && !adapted.has(path) && peft.expects(path) ? [path] : [],
  )
  const isOtherwiseRight = deeper.length === 0 && shapes.length === 0 && unknown.every((path) => layerOf(path) < 0)
  if (outside !== undefined && isOtherwiseRight) {
    throw unsupportedAdapter(HEAD.test(outside) ? 'head' : 'embedding', outside)
  }
  const [shape] = shapes
  const kinds = [...new Set(unknown.map((path) => path.replace(/^.*\.\d+\./, '')))]
  const details: ErrorDetails = {
    ...(kinds.length > 0 && { modules: kinds.slice(0, 4).join(', ') }),
    ...(deeper.length > 0 && { layersThere: 1 + Math.max(...deeper.map(layerOf)), layersHere: config.layers }),
    ...(shape && { shapes: shapes.length, ...shape }),
    ...(!shape && missing.length > 0 && { missing: missing.length, module: missing[0] ?? '' }),
  }
  const [first] = [
    ...shapes.map(({ module, found, needed }) => `${module} is [${found}], this model needs [${needed}]`),
    ...foreign.map((path) => `it adapts ${path}, which this model does not have`),
    ...missing.map((path) => `it has no ${path}, whose kind it adapts`),
  ]
  if (first !== undefined) throw wrongBase(first, details)
}

interface Place {
  readonly linear: string
  readonly inputs: number
  readonly outputs: number
}

/** Every linear that an adapter can be put on, by its path. */
function placesOf(config: ModelConfig): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  for (let layer = 0; layer < config.layers; layer++) {
    for (const linear of linearNamesOf(config)) {
      places.set(linearPath(config, layer, linear), { linear, ...linearShape(config, linear) })
    }
  }
  return places
}

function shapeDifference(path: string, place: Place | undefined, { tensors }: PeftAdapter) {
  const a = tensors.get(`${path}.lora_A`)
  const b = tensors.get(`${path}.lora_B`)
  if (!place || !a || !b) return []
  const [rank = 0, inputs = 0] = a.shape
  const [outputs = 0, columns = 0] = b.shape
  if (inputs !== place.inputs) {
    return [{ module: `${path}.lora_A`, found: a.shape.join(', '), needed: [rank, place.inputs].join(', ') }]
  }
  if (outputs !== place.outputs || columns !== rank) {
    return [{ module: `${path}.lora_B`, found: b.shape.join(', '), needed: [place.outputs, rank].join(', ') }]
  }
  return []
}
