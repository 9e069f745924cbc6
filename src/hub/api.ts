// What the hub worker can do, as plain data. It is the only part of Plume that reaches another host, and it does so
// only when it is asked to. It fetches models, and sends the files of an adapter to a repository of the person's own.

export interface HubRequest {
  /** `owner/name`, or the address of the model's page. */
  readonly id: string
  /** A branch, a tag or a commit; `main` where nothing is said. */
  readonly revision?: string
  /** The person's own, for models that ask for one. Sent to the hub and kept nowhere. */
  readonly token?: string | undefined
}

export interface StoredModel {
  /** Names the model in this store. */
  readonly key: string
  readonly id: string
  /** The commit that its revision stood for when it was fetched. */
  readonly commit: string
  /** As the hub's card says; null where it says nothing. */
  readonly licence: string | null
  /** What of it is here. */
  readonly storedBytes: number
  readonly totalBytes: number
}

export interface HubProgress {
  readonly id: string
  readonly storedBytes: number
  readonly totalBytes: number
  /** Over the last few seconds; null before there is anything to divide. */
  readonly bytesPerSecond: number | null
  /** Requests to the hub since the worker started. */
  readonly requests: number
}

export type HubListener = (progress: HubProgress) => void

export interface ModelBlobs {
  readonly name: string
  readonly revision: string
  readonly files: readonly { readonly name: string; readonly blob: Blob }[]
}

export interface UploadRequest {
  /** `owner/name` of a repository for a model. */
  readonly id: string
  /** The person's own, with the right to write there. Sent to the hub and kept nowhere. */
  readonly token: string
  readonly isPrivate: boolean
  /** Adds a commit to a repository that exists, instead of refusing. */
  readonly mayExist: boolean
  /** All that is sent. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

export type UploadStage = 'creating' | 'asking' | 'sending' | 'committing'

export interface UploadProgress {
  readonly stage: UploadStage
  /** Of the files; a request that goes on counts when it is done. */
  readonly sentBytes: number
  readonly totalBytes: number
}

export type UploadListener = (progress: UploadProgress, traffic: HubTraffic) => void

export interface HubTraffic {
  /** To the hub since the worker started. */
  readonly requests: number
  /** In the bodies of them, those that were sent again counted again. */
  readonly sentBytes: number
}

export interface Uploaded {
  /** The repository's page. */
  readonly address: string
  readonly commit: string
}

export interface HubApi {
  /**
   * Fetches what is missing of a model. What is there already, also of a file that was cut, is not fetched again.
   * Answers with an incomplete model when it was stopped.
   *
   * @throws AppError `hub/*`, `model/files-missing`
   */
  download(request: HubRequest, onProgress: HubListener): Promise<StoredModel>
  /** Ends a running download; what has come stays. */
  stop(): Promise<void>
  /** Whole models and begun ones, by id. */
  stored(): Promise<readonly StoredModel[]>
  /** The files of a whole model; a Blob is a reference, not its bytes. @throws AppError `hub/not-stored` */
  open(key: string): Promise<ModelBlobs>
  /**
   * Makes a repository where there is none, and commits the files to its main branch.
   *
   * @throws AppError `hub/*`; after `hub/upload-stopped` and `hub/upload-cut` the repository may exist without files.
   */
  upload(request: UploadRequest, onProgress: UploadListener): Promise<Uploaded>
  stopUpload(): Promise<void>
  /** Deletes a model, but for files that another one shares. */
  remove(key: string): Promise<void>
}
