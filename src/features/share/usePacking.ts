import { useEffect } from 'react'
import { usePackage, type PackageState } from '../../stores/adapterPackage'
import { useCard } from '../../stores/card'
import type { PictureState } from './useCurvesPicture'

/** A pause in typing: files of tens of megabytes are not packed for every letter. */
const REST_MS = 400

/** Packs the files with the card, the picture and the numbers' form of now, once the adapter was proven. */
export function usePacking(isProven: boolean, picture: PictureState): PackageState {
  const { state, dtype } = usePackage()
  const card = useCard((store) => (store.state.name === 'ready' ? store.state.sound : null))
  const isMaking = useCard((store) => store.state.name === 'making')
  const isReady = isProven && !isMaking && picture.name !== 'drawing'
  useEffect(() => {
    if (!isReady) return
    usePackage.getState().outdate()
    const curves = picture.name === 'ready' ? picture.bytes : null
    const timer = setTimeout(() => void usePackage.getState().pack(curves), REST_MS)
    return () => clearTimeout(timer)
  }, [isReady, picture, card, dtype])
  if (!isProven) return { name: 'none' }
  return state.name === 'none' ? { name: 'packing', before: null } : state
}
