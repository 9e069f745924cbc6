// What went wrong and has no place of its own to say so: shown by the frame until it is closed.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'

export interface Notice {
  readonly id: number
  readonly error: AppError
}

interface NoticesState {
  readonly notices: readonly Notice[]
  readonly report: (thrown: unknown) => void
  readonly dismiss: (id: number) => void
}

/** More at once would hide the page; the oldest give way. */
const MOST_NOTICES = 3
let nextId = 1

export const useNotices = create<NoticesState>()((set, get) => ({
  notices: [],
  report: (thrown) => {
    const error = toAppError(thrown)
    // One cause can reject several calls: the same sentence twice says nothing new.
    if (get().notices.some((notice) => notice.error.code === error.code)) return
    set({ notices: [...get().notices, { id: nextId++, error }].slice(-MOST_NOTICES) })
  },
  dismiss: (id) => set({ notices: get().notices.filter((notice) => notice.id !== id) }),
}))
