// Downloads in memory, with room for so many bytes.
import { AppError } from '../../src/base/errors'
import type { AppendedFile, FileStore } from '../../src/hub/fileStore'

export class MemoryFileStore implements FileStore {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>()
  roomBytes = Number.POSITIVE_INFINITY

  sizes(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map([...this.files].map(([name, bytes]) => [name, bytes.byteLength])))
  }
  blob(name: string): Promise<Blob | null> {
    const bytes = this.files.get(name)
    return Promise.resolve(bytes ? new Blob([bytes]) : null)
  }
  append(name: string): Promise<AppendedFile> {
    const { files } = this
    const bytesNow = () => files.get(name) ?? new Uint8Array()
    files.set(name, bytesNow())
    return Promise.resolve({
      get sizeBytes() {
        return bytesNow().byteLength
      },
      write: (bytes) => {
        const joined = new Uint8Array([...bytesNow(), ...bytes])
        const others = [...files].reduce((sum, [one, held]) => sum + (one === name ? 0 : held.byteLength), 0)
        if (others + joined.byteLength > this.roomBytes) {
          return Promise.reject(new AppError('hub/no-room', { message: 'the store is full' }))
        }
        files.set(name, joined)
        return Promise.resolve()
      },
      empty: () => Promise.resolve(void files.set(name, new Uint8Array())),
      close: () => Promise.resolve(),
    })
  }
  rename(from: string, to: string): Promise<void> {
    const bytes = this.files.get(from)
    if (!bytes) return Promise.reject(new Error(`no ${from}`))
    this.files.delete(from)
    this.files.set(to, bytes)
    return Promise.resolve()
  }
  remove(name: string): Promise<void> {
    this.files.delete(name)
    return Promise.resolve()
  }
}
