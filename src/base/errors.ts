// Errors a person can meet. `message` is for the developer; what the person reads (title and next
// step, in every language) is looked up by `code` in `src/strings/errors.ts`, which a type keeps complete.

export const errorCodes = [
  'adapter/beyond-half',
  'adapter/config-invalid',
  'adapter/files-missing',
  'adapter/no-effect',
  'adapter/not-finite',
  'adapter/rank-too-large',
  'adapter/unsupported',
  'adapter/wrong-base',
  'comparison/invalid',
  'corpus/empty',
  'corpus/no-trained-tokens',
  'corpus/not-text',
  'corpus/parquet-invalid',
  'corpus/row-invalid',
  'corpus/too-large',
  'corpus/too-small',
  'corpus/unknown-columns',
  'device/lost',
  'device/no-adapter',
  'device/no-float16',
  'device/no-webgpu',
  'device/out-of-memory',
  'engine/busy',
  'engine/no-model',
  'engine/stopped-answering',
  'file/not-readable',
  'file/pickle',
  'gguf/bad-offsets',
  'gguf/header-invalid',
  'gguf/header-too-large',
  'gguf/truncated',
  'gguf/unsupported',
  'hub/answer-invalid',
  'hub/busy',
  'hub/exists',
  'hub/folder-refused',
  'hub/id-invalid',
  'hub/no-room',
  'hub/no-write-access',
  'hub/not-allowed',
  'hub/not-found',
  'hub/not-stored',
  'hub/repository-public',
  'hub/stopped',
  'hub/token-refused',
  'hub/too-many-requests',
  'hub/unreachable',
  'hub/upload-cut',
  'hub/upload-stopped',
  'hub/upload-too-large',
  'hub/wrong-bytes',
  'link/cut',
  'link/damaged',
  'link/other-base',
  'link/too-large',
  'link/unknown-version',
  'model/config-invalid',
  'model/files-missing',
  'model/unsupported',
  'model/weights-missing',
  'run/checkpoint-damaged',
  'run/interrupted',
  'run/not-finite',
  'run/settings-invalid',
  'safetensors/bad-offsets',
  'safetensors/duplicate-name',
  'safetensors/header-invalid',
  'safetensors/header-too-large',
  'safetensors/truncated',
  'safetensors/unsupported-dtype',
  'share/not-in-gguf',
  'share/too-large',
  'storage/full',
  'storage/unavailable',
  'template/invalid',
  'template/not-stable',
  'template/refused',
  'template/too-large',
  'template/too-slow',
  'tokenizer/invalid',
  'tokenizer/unsupported',
  'unexpected',
  'weights/not-finite',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>

export interface AppErrorOptions {
  /** What was found and what was expected, for a developer. */
  readonly message: string
  readonly details?: ErrorDetails
  readonly cause?: unknown
}

export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, { message, details = {}, cause }: AppErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
  }
}

/** Any thrown value as an AppError: itself, or `unexpected` with the original as its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AppError('unexpected', { message, cause: thrown })
}
