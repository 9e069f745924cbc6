import { useEffect, useState } from 'react'
import { toAppError, type AppError } from '../../base/errors'
import type { AdapterExport, AdapterInfo } from '../../engine/api'
import { useAdapter } from '../../stores/adapter'

/** The folder is packed with its card, see usePacking.ts: what the proof wrote of it is not held. */
export type ProvenFiles = Pick<AdapterExport, 'gguf' | 'mlx' | 'modelfile' | 'chat' | 'proof'>

export type ExportState =
  | { readonly name: 'none' }
  | { readonly name: 'preparing' }
  | { readonly name: 'ready'; readonly files: ProvenFiles }
  | { readonly name: 'failed'; readonly error: AppError }

/** The files of an adapter, written and read back as soon as it is shown; null when it cannot be exported now. */
export function useExport(info: AdapterInfo | null): [ExportState, () => void] {
  const [outcome, setOutcome] = useState<{
    readonly of: AdapterInfo
    readonly attempt: number
    readonly state: ExportState
  } | null>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (!info) return
    let isCurrent = true
    const finish = (state: ExportState) => {
      if (isCurrent) setOutcome({ of: info, attempt, state })
    }
    useAdapter
      .getState()
      .exportFiles()
      .then(
        ({ gguf, mlx, modelfile, chat, proof }) => {
          finish({ name: 'ready', files: { gguf, mlx, modelfile, chat, proof } })
        },
        (thrown: unknown) => finish({ name: 'failed', error: toAppError(thrown) }),
      )
    return () => {
      isCurrent = false
    }
  }, [info, attempt])
  const state: ExportState = !info
    ? { name: 'none' }
    : outcome?.of === info && outcome.attempt === attempt
      ? outcome.state
      : { name: 'preparing' }
  return [state, () => setAttempt(attempt + 1)]
}
