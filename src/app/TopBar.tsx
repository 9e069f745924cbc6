import { deviceName } from '../components/deviceName'
import { Term } from '../components/Term'
import { useCapability } from '../stores/capability'
import { useHub } from '../stores/hub'
import { useLocale } from '../stores/locale'
import { useModel } from '../stores/model'
import { useSettings } from '../stores/settings'
import { useTheme } from '../stores/theme'
import { languages, type Language } from '../strings/texts'
import { useFormat, useTexts } from '../strings/useTexts'
import { addressOf } from './address'
import { Mark } from './Mark'
import { appTexts } from './texts'
import style from './TopBar.module.css'
import { useForeignRequests } from './useForeignRequests'
import { useIsDark } from './useIsDark'

const languageNames: Readonly<Record<Language, string>> = { en: 'English', ko: '한국어' }

export function TopBar() {
  const texts = useTexts(appTexts)
  const query = useSettings((state) => state.toQuery())
  return (
    <header className={style.bar}>
      <a className={style.home} href={addressOf('start', query)} aria-label={texts.home}>
        <Mark />
        <span className={style.name}>Plume</span>
      </a>
      <dl className={style.facts}>
        <ModelFact />
        <DeviceFact />
      </dl>
      <div className={style.tools}>
        <PrivacyNote />
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </header>
  )
}

function ModelFact() {
  const texts = useTexts(appTexts)
  const model = useModel((state) => state.state)
  const text = model.name === 'ready' ? model.info.name : model.name === 'loading' ? texts.loadingModel : texts.noModel
  return (
    <div>
      <dt>{texts.currentModel}</dt>
      <dd data-is-quiet={model.name !== 'ready' || undefined}>{text}</dd>
    </div>
  )
}

function DeviceFact() {
  const texts = useTexts(appTexts)
  const capability = useCapability((state) => state.state)
  const text =
    capability.name === 'ready'
      ? capability.device.isSoftware
        ? texts.softwareDevice
        : deviceName(capability.device) || texts.unnamedDevice
      : capability.name === 'checking'
        ? texts.checkingDevice
        : texts.noDevice
  return (
    <div>
      <dt>{texts.currentDevice}</dt>
      <dd data-is-quiet={capability.name !== 'ready' || undefined}>{text}</dd>
    </div>
  )
}

function PrivacyNote() {
  const texts = useTexts(appTexts)
  const foreign = useForeignRequests()
  const hubRequests = useHub((state) => state.requests)
  const sentBytes = useHub((state) => state.sentBytes)
  const format = useFormat()
  return (
    <span className={style.privacy}>
      {foreign > 0 ? (
        texts.foreignRequests(foreign)
      ) : sentBytes > 0 ? (
        texts.hubSent(format.bytes(sentBytes), hubRequests)
      ) : hubRequests > 0 ? (
        texts.hubRequests(hubRequests)
      ) : (
        <Term word={texts.bytesSent} meaning={texts.bytesSentMeaning} />
      )}
    </span>
  )
}

function LanguageSwitch() {
  const texts = useTexts(appTexts)
  const { language, setLanguage } = useLocale()
  return (
    <fieldset className={style.languages}>
      <legend className="unseen">{texts.language}</legend>
      {languages.toReversed().map((one) => (
        <button key={one} type="button" lang={one} aria-pressed={one === language} onClick={() => setLanguage(one)}>
          {languageNames[one]}
        </button>
      ))}
    </fieldset>
  )
}

function ThemeSwitch() {
  const texts = useTexts(appTexts)
  const isDark = useIsDark()
  const setTheme = useTheme((state) => state.setTheme)
  return (
    <button
      type="button"
      className={style.theme}
      title={isDark ? texts.toLightLong : texts.toDarkLong}
      onClick={() => setTheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? texts.toLight : texts.toDark}
    </button>
  )
}
