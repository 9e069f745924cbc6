import { Button } from '../components/Button'
import { ErrorNotice, Notice } from '../components/Notice'
import { useCapability } from '../stores/capability'
import { errorTexts } from '../strings/errors'
import { useTexts } from '../strings/useTexts'
import style from './NoDevice.module.css'
import { appTexts } from './texts'

/** Without a GPU: why, what that means here, and what to do. `isFull` adds the list of browsers. */
export function NoDevice({ isFull }: { readonly isFull: boolean }) {
  const texts = useTexts(appTexts)
  const capability = useCapability((state) => state.state)
  const check = useCapability((state) => state.check)
  const errors = useTexts(errorTexts)
  if (capability.name === 'ready' && capability.device.noGpu && isFull) {
    const { title, action } = errors[capability.device.noGpu]
    return (
      <div className={style.noDevice}>
        <Notice kind="note" title={title}>
          <p>{texts.onProcessor}</p>
          <p>{action}</p>
        </Notice>
      </div>
    )
  }
  if (capability.name !== 'none') return null
  return (
    <div className={style.noDevice}>
      <ErrorNotice error={capability.error} actions={<Button onClick={() => void check()}>{texts.again}</Button>} />
      {isFull && (
        <div className={style.more}>
          <div>
            <h2>{texts.browsersTitle}</h2>
            <ul>
              <li>{texts.browserChrome}</li>
              <li>{texts.browserSafari}</li>
              <li>{texts.browserFirefox}</li>
            </ul>
          </div>
          <p>{texts.noDeviceRest}</p>
        </div>
      )}
    </div>
  )
}
