// A mistake in a command line. Not an AppError: those have codes because a page looks up a sentence in the
// person's language, and a command line is answered in English, in its own words.
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
