import { Button } from '../components/Button'
import { ErrorNotice } from '../components/Notice'
import { useNotices } from '../stores/notices'
import { useTexts } from '../strings/useTexts'
import { appTexts } from './texts'

/** What went wrong and has no place of its own. */
export function FrameNotices() {
  const texts = useTexts(appTexts)
  const { notices, dismiss } = useNotices()
  return notices.map((notice) => (
    <ErrorNotice
      key={notice.id}
      error={notice.error}
      actions={<Button onClick={() => dismiss(notice.id)}>{texts.dismiss}</Button>}
    />
  ))
}
