// What a run trains, whatever it is: flat tensors of one layout, so that the norm, the clipping and the optimizer are a
// few dispatches however many matrices there are.
import { elementCount, persistentTensor, roundUp, slabTensor, VIEW_ALIGNMENT_BYTES, type Tensor } from '../plan/tensor'

export interface Trained {
  /** Flat, all of one length; padding between the matrices stays zero. */
  readonly parameters: Tensor
  readonly gradients: Tensor
  readonly firstMoment: Tensor
  readonly secondMoment: Tensor
  /** The matrices, in the order that files have them in, whatever their order on the device. */
  readonly inFiles: readonly Tensor[]
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
): Omit<Trained, 'inFiles'> & { readonly views: readonly Tensor[]; readonly gradientViews: readonly Tensor[] } {
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

/**
 * Flat values in the order of checkpoints and of what adapters are known by, from that of the device: a new layout there
 * makes no stored run unreadable and no adapter another one.
 */
export function toFileOrder(trained: Trained, values: Float32Array): Float32Array<ArrayBuffer> {
  return reordered(trained, values, ({ offsetBytes }, place) => ({ from: offsetBytes / 4, to: place }))
}

/** The inverse of `toFileOrder`. */
export function fromFileOrder(trained: Trained, values: Float32Array): Float32Array<ArrayBuffer> {
  return reordered(trained, values, ({ offsetBytes }, place) => ({ from: place, to: offsetBytes / 4 }))
}

function reordered(
  { inFiles }: Trained,
  values: Float32Array,
  move: (tensor: Tensor, place: number) => { from: number; to: number },
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length)
  let place = 0
  for (const tensor of inFiles) {
    const { from, to } = move(tensor, place)
    result.set(values.subarray(from, from + elementCount(tensor)), to)
    place += roundUp(4 * elementCount(tensor), VIEW_ALIGNMENT_BYTES) / 4
  }
  return result
}

/** For those who free them. */
export function tensorsOfTrained({ parameters, gradients, firstMoment, secondMoment }: Trained): Tensor[] {
  return [parameters, gradients, firstMoment, secondMoment]
}
