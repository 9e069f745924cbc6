// Small files, such as checkpoints, in the origin private file system. `createWritable` writes beside the file and swaps on
// close, so a tab that dies in between leaves the old bytes.
import { AppError } from '../base/errors'
import type { CheckpointStore } from '../training/checkpoint'
import { guarded, opfsFolder, orNull } from './opfs'

const FULL = 'storage/full'

export class OpfsStore implements CheckpointStore {
  readonly #folder: string

  constructor(folder = 'runs') {
    this.#folder = folder
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await guarded(FULL, async () => {
      const handle = await (await opfsFolder(this.#folder)).getFileHandle(name, { create: true })
      const stream = await handle.createWritable()
      await stream.write(bytes)
      await stream.close()
      const { size } = await handle.getFile()
      if (size !== bytes.byteLength) {
        throw new AppError('storage/full', { message: `${size} of ${bytes.byteLength} bytes of ${name} were written` })
      }
    })
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return guarded(FULL, () =>
      orNull(async () => {
        const file = await (await (await opfsFolder(this.#folder)).getFileHandle(name)).getFile()
        return new Uint8Array(await file.arrayBuffer())
      }),
    )
  }

  async list(): Promise<string[]> {
    return guarded(FULL, async () => {
      const names: string[] = []
      for await (const name of (await opfsFolder(this.#folder)).keys()) names.push(name)
      return names.sort()
    })
  }

  async remove(name: string): Promise<void> {
    await guarded(FULL, async () => (await opfsFolder(this.#folder)).removeEntry(name))
  }
}
