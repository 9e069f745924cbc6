// What leaves of an adapter, as plain data: the folder with its card, the one file, and the link. A leaf, like
// mergedTypes: the page imports it, and none of what writes a file.
import type { AdapterDType } from '../adapters/peft'
import type { NamedFile } from '../adapters/adapterArchive'

export { CURVES_FILE } from '../adapters/adapterCard'
export { MAX_LINK_BYTES } from '../adapters/adapterLink'
export type { AdapterDType } from '../adapters/peft'

export const adapterDTypes: readonly AdapterDType[] = ['float32', 'float16']

export interface CardRequest {
  /** The folder will hold a picture of the loss, which the card then shows. */
  readonly hasCurves: boolean
}

export interface AdapterCardText {
  /** Of the parameters as float32 bytes: names the adapter. */
  readonly adapterSha256: string
  /** Markdown with the head that the model hub reads. */
  readonly text: string
  /** False for an adapter that was opened: then the card holds no figures. */
  readonly isTrainedHere: boolean
}

export interface PackageRequest {
  readonly dtype: AdapterDType
  /** README.md as a person left it; null for the one that is made from what is known. */
  readonly card: string | null
  /** A picture of the loss as PNG. */
  readonly curves: Uint8Array | null
  /** The commit of the base, where it came from the hub. */
  readonly baseRevision: string | null
}

export interface AdapterPackage {
  /** README.md, adapter_config.json, adapter_model.safetensors and perhaps curves.png. */
  readonly files: readonly NamedFile[]
  readonly zip: Uint8Array
  /** The adapter as one file: its config and where it comes from stand in the header. */
  readonly single: NamedFile
  /** Norm of what rounding changed, over the norm of the parameters; 0 in float32. */
  readonly rounding: number
}

export interface AdapterLink {
  /** The value of `adapter` in an address; null where it is too large for one. */
  readonly text: string | null
  /** Of the payload; of the file, where that is far beyond what a link may hold. */
  readonly bytes: number
}

/** What a link holds, read and checked, before anything is done with it. */
export interface LinkedAdapter {
  readonly rank: number
  readonly alpha: number
  /** The ends of the adapted modules' paths. */
  readonly targets: readonly string[]
  readonly parameters: number
  readonly baseModel: string
  /** Of the weights it was trained on; null where the link does not say. */
  readonly baseSha256: string | null
  /** Of the link's payload. */
  readonly bytes: number
  /** What `importAdapter` opens. */
  readonly file: NamedFile
}
