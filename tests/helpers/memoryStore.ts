// A checkpoint store in memory, which can be told to fail.
import type { AppError } from '../../src/base/errors'
import type { CheckpointStore } from '../../src/training/checkpoint'

export class MemoryStore implements CheckpointStore {
  readonly files = new Map<string, Uint8Array>()
  /** Thrown by the next writes, as long as it is set. */
  failure: AppError | null = null

  write(name: string, bytes: Uint8Array): Promise<void> {
    if (this.failure) return Promise.reject(this.failure)
    this.files.set(name, bytes.slice())
    return Promise.resolve()
  }
  read(name: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.files.get(name)?.slice() ?? null)
  }
  list(): Promise<readonly string[]> {
    return Promise.resolve([...this.files.keys()])
  }
  remove(name: string): Promise<void> {
    this.files.delete(name)
    return Promise.resolve()
  }
}
