// Where downloads lie. Names are hashes of contents, never a stranger's words.

export interface FileStore {
  /** Every file that is there, with its size in bytes. */
  sizes(): Promise<ReadonlyMap<string, number>>
  /** A reference to a file's bytes, or null. */
  blob(name: string): Promise<Blob | null>
  /** Opens a file at its end, creating it where it is missing. Only one may hold it. */
  append(name: string): Promise<AppendedFile>
  rename(from: string, to: string): Promise<void>
  /** Harmless where there is no such file. */
  remove(name: string): Promise<void>
}

export interface AppendedFile {
  readonly sizeBytes: number
  /** @throws AppError `hub/no-room` when not every byte was taken. */
  write(bytes: Uint8Array): Promise<void>
  /** Throws away what was written. */
  empty(): Promise<void>
  close(): Promise<void>
}
