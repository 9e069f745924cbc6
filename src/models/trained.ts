// What a run trains, whatever it is: flat tensors of one layout, so that the norm, the clipping and the optimizer are a
// few dispatches however many matrices there are.
import { persistentTensor, slabTensor, type Tensor } from '../plan/tensor'

export interface Trained {
  /** Flat, all of one length; padding between the matrices stays zero. */
  readonly parameters: Tensor
  readonly gradients: Tensor
  readonly firstMoment: Tensor
  readonly secondMoment: Tensor
}

interface Entry {
  readonly name: string
  readonly shape: readonly number[]
}

/** The tensors, and the windows into parameters and gradients that belong to each entry. */
export function declareTrained(
  name: string,
  entries: readonly Entry[],
  options: { readonly role: 'adapter' | 'weights'; readonly needsGradient?: boolean },
): Trained & { readonly views: readonly Tensor[]; readonly gradientViews: readonly Tensor[] } {
  const parameters = slabTensor(name, entries, options)
  const gradients = slabTensor(
    `${name} gradients`,
    entries.map((entry) => ({ ...entry, name: `d ${entry.name}` })),
    { role: 'gradients' },
  )
  const moment = (which: string) => persistentTensor(which, parameters.flat.shape, { role: 'optimizer' })
  return {
    parameters: parameters.flat,
    gradients: gradients.flat,
    firstMoment: moment('first moment'),
    secondMoment: moment('second moment'),
    views: parameters.views,
    gradientViews: gradients.views,
  }
}

/** For those who free them. */
export function tensorsOfTrained({ parameters, gradients, firstMoment, secondMoment }: Trained): Tensor[] {
  return [parameters, gradients, firstMoment, secondMoment]
}
