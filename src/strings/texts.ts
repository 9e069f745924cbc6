// The typed dictionary. Each feature keeps its texts beside the component that shows them; the type
// makes Korean have exactly the keys and parameters that English has.
import type { Language } from '../stores/language'

export { languages, type Language } from '../stores/language'

/** A sentence, or a function that builds one from what it is about. */
export type Text = string | ((...values: never[]) => string)

type Widened<T> = {
  readonly [Key in keyof T]: T[Key] extends (...values: infer Values) => string ? (...values: Values) => string : string
}

export type Texts<T> = Readonly<Record<Language, Widened<T>>>

/** The texts of one feature in every language. A missing, extra or differently shaped key does not compile. */
export function defineTexts<T extends Record<string, Text>>(texts: { en: T; ko: NoInfer<Widened<T>> }): Texts<T> {
  // T's values already are strings and functions: widening only forgets which string.
  return texts as unknown as Texts<T>
}
