import { Button } from '../components/Button'
import { ErrorNotice } from '../components/Notice'
import { useCapability } from '../stores/capability'
import { useTexts } from '../strings/useTexts'
import style from './NoDevice.module.css'
import { appTexts } from './texts'

/** Without WebGPU: why, what to do, and what still works. `isFull` adds the list of browsers. */
export function NoDevice({ isFull }: { readonly isFull: boolean }) {
  const texts = useTexts(appTexts)
  const capability = useCapability((state) => state.state)
  const check = useCapability((state) => state.check)
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
