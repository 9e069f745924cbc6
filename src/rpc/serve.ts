// A worker's half of the border.
import { expose } from 'comlink'
import { registerErrorTransfer } from './errorTransfer'

/** Offers `api` to the page that started this worker. */
export function serve(api: object): void {
  registerErrorTransfer()
  expose(api)
}
