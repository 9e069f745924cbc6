// The current adapter on its way out of the page: as a folder with its card, as one file, as a link. What is written
// is read back and compared before it is given away.
import { CARD_FILE, writeAdapterArchive } from '../adapters/adapterArchive'
import { adapterCardText, CURVES_FILE } from '../adapters/adapterCard'
import { readAdapterLink, writeAdapterLink } from '../adapters/adapterLink'
import {
  peftFiles,
  type PeftAdapterToWrite,
  readPeftAdapter,
  selfContainedPeftFile,
  type AdapterDType,
} from '../adapters/peft'
import { encodeUtf8, sha256Hex } from '../base/bytes'
import { AppError } from '../base/errors'
import { floatsToHalves, halvesToFloats } from '../base/float16'
import { relativeNormError } from '../base/relativeNormError'
import { declareAdapter, sliceOf } from '../models/lora'
import { toFileOrder } from '../models/trained'
import { fitAdapter, type HostAdapter, peftAdapterOf } from './adapterOnHost'
import type { NamedFile } from './api'
import type { LoadedModel } from './loadedModel'
import type {
  AdapterCardText,
  AdapterLink,
  AdapterPackage,
  CardRequest,
  LinkedAdapter,
  PackageRequest,
} from './packageTypes'
import { provenanceMetadata } from './provenance'

/** What files need to know of the model. */
type Base = Pick<LoadedModel, 'config' | 'info'>

const SINGLE_FILE = 'plume-adapter.safetensors'

/** The card that is made of what is known, and the adapter's name. */
export async function describeCard(
  model: Base,
  { info, provenance, settings, parameters }: HostAdapter,
  { hasCurves }: CardRequest,
): Promise<AdapterCardText> {
  return {
    adapterSha256: await sha256Hex(
      new Uint8Array(toFileOrder(declareAdapter(model.config, settings), parameters).buffer),
    ),
    text: adapterCardText({ info, model: model.info, provenance }, { hasCurves }),
    isTrainedHere: provenance !== null,
  }
}

/** @throws AppError `adapter/no-effect`, also when every B is zero in float16; `adapter/beyond-half` */
export async function packAdapter(
  model: Base,
  adapter: HostAdapter,
  { dtype, card, curves, baseRevision }: PackageRequest,
): Promise<AdapterPackage> {
  const written = writtenAdapter(model, adapter, { dtype, baseRevision })
  const folder = peftFiles(written)
  const single = selfContainedPeftFile(written, SINGLE_FILE)
  const rounded = roundedParameters(model, adapter, dtype)
  await compareWith(rounded, model, folder)
  await compareWith(rounded, model, [single])
  const { info, provenance } = adapter
  const facts = { info, model: model.info, provenance }
  const files: NamedFile[] = [
    { name: CARD_FILE, bytes: encodeUtf8(card ?? adapterCardText(facts, { hasCurves: curves !== null })) },
    ...folder,
    ...(curves ? [{ name: CURVES_FILE, bytes: curves }] : []),
  ]
  return { files, zip: writeAdapterArchive(files), single, rounding: relativeNormError(rounded, adapter.parameters) }
}

/** In float16, deflated. @throws AppError as `packAdapter` */
export async function linkAdapter(
  model: Base,
  adapter: HostAdapter,
  baseRevision: string | null,
): Promise<AdapterLink> {
  const dtype = 'float16'
  const single = selfContainedPeftFile(writtenAdapter(model, adapter, { dtype, baseRevision }), SINGLE_FILE)
  await compareWith(roundedParameters(model, adapter, dtype), model, [single])
  return writeAdapterLink(single.bytes)
}

/** What a link holds. Nothing is opened, and no model is needed. @throws AppError `link/*` */
export async function readLinkedAdapter(text: string): Promise<LinkedAdapter> {
  const file = { name: SINGLE_FILE, bytes: await readAdapterLink(text) }
  try {
    const { rank, alpha, modules, tensors, baseModel, metadata } = await readPeftAdapter([file])
    const targets = new Set(modules.map((path) => path.slice(path.lastIndexOf('.') + 1)))
    return {
      rank,
      alpha,
      targets: [...targets].sort(),
      parameters: [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
      baseModel,
      baseSha256: metadata.get('base_sha256') ?? null,
      bytes: Number(text.split('.')[1]),
      file,
    }
  } catch (cause) {
    // The hash was right, so it was made like this: by another program, or by somebody who means harm.
    const message = cause instanceof Error ? cause.message : 'no adapter'
    throw new AppError('link/damaged', { message: `the link: ${message}`, cause })
  }
}

function writtenAdapter(
  model: Base,
  adapter: HostAdapter,
  { dtype, baseRevision }: { readonly dtype: AdapterDType; readonly baseRevision: string | null },
): PeftAdapterToWrite {
  const { settings, parameters, provenance } = adapter
  const metadata = provenanceMetadata(model.info, adapter, baseRevision)
  const dropout = provenance?.settings.dropout ?? 0
  return { ...peftAdapterOf(model, { settings, parameters, dropout, metadata }), dtype }
}

/**
 * The parameters as the file holds them. Half precision ends at 6e-8: an adapter that has hardly moved is nothing in it.
 *
 * @throws AppError `adapter/no-effect`
 */
function roundedParameters({ config }: Base, { settings, parameters }: HostAdapter, dtype: AdapterDType): Float32Array {
  const rounded = dtype === 'float16' ? halvesToFloats(floatsToHalves(parameters)) : parameters
  const { pairs } = declareAdapter(config, settings)
  if (pairs.some(({ b }) => sliceOf(rounded, b).some((value) => value !== 0))) return rounded
  throw new AppError('adapter/no-effect', { message: `every B is zero in ${dtype}` })
}

async function compareWith(expected: Float32Array, model: Base, files: readonly NamedFile[]): Promise<void> {
  const { parameters } = fitAdapter(model.config, await readPeftAdapter(files))
  if (parameters.some((value, index) => value !== expected[index])) {
    throw new AppError('unexpected', { message: `what was written as ${files.length} files reads back differently` })
  }
}
