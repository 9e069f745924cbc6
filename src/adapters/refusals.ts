// Why an adapter is refused, in words that the page can say.
import { AppError } from '../base/errors'

/** Kinds of adapters and parts of them that A and B alone do not hold, or that have no place here. */
export const unsupportedReasons = [
  'activated',
  'bias',
  'dora',
  'embedding',
  'experts',
  'head',
  'kind',
  'names',
  'pattern',
  'repeated-layers',
  'saved-module',
  'start',
  'task',
  'two-adapters',
] as const
export type UnsupportedReason = (typeof unsupportedReasons)[number]

/** `what` is the part of the file that says so. Foreign text, only ever shown. */
export function unsupportedAdapter(reason: UnsupportedReason, what: string): AppError {
  const shown = what.slice(0, 120)
  return new AppError('adapter/unsupported', { message: `${reason}: ${shown}`, details: { reason, what: shown } })
}
