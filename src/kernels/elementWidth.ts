// Kernels that do the same to every element take four at a time where they can: a quarter of the loads, which are most of
// their time, above all on a software adapter.
import elementsScalar from './snippets/elements_scalar.wgsl?raw'
import elementsVec4 from './snippets/elements_vec4.wgsl?raw'

/** Elements that an invocation reads at a time. */
export type ElementWidth = 1 | 4

export const elementsSource: Readonly<Record<ElementWidth, string>> = { 1: elementsScalar, 4: elementsVec4 }

/** For so many elements, or for rows of so many. */
export function elementWidthOf(count: number): ElementWidth {
  return count % 4 === 0 ? 4 : 1
}

/** One kernel for each width. Their names end alike. */
export function forElementWidths<T>(
  make: (width: ElementWidth, variant: 'even' | 'odd') => T,
): Readonly<Record<ElementWidth, T>> {
  return { 1: make(1, 'odd'), 4: make(4, 'even') }
}
