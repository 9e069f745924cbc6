// Models from the hub: what fits this device, what is on it already, and any other by its id.
import { useEffect, useState } from 'react'
import { Button } from '../../components/Button'
import { ErrorNotice } from '../../components/Notice'
import { Progress } from '../../components/Progress'
import type { RunEstimate } from '../../engine/api'
import { catalogue, type CatalogueModel } from '../../hub/catalogue'
import { totalBytes } from '../../plan/memory'
import { planCatalogue } from '../../stores/catalogue'
import { useCapability } from '../../stores/capability'
import { useHub, type StoredModel } from '../../stores/hub'
import { useLocale } from '../../stores/locale'
import { useModel } from '../../stores/model'
import { useSettings } from '../../stores/settings'
import { useFormat, useTexts } from '../../strings/useTexts'
import { fitOf } from './fit'
import style from './HubModels.module.css'
import { hubTexts } from './hubTexts'
import { RemoveModel } from './RemoveModel'

export function HubModels() {
  const text = useTexts(hubTexts)
  const format = useFormat()
  const { state, stored, storage, refresh } = useHub()
  const precision = useSettings(({ settings }) => settings.precision)
  const estimates = useCatalogueEstimates()
  useEffect(() => void refresh(), [refresh])
  const others = stored.filter(({ id }) => !catalogue.some((model) => model.id === id))
  return (
    <div className={style.hub}>
      <div>
        <h3>{text.title}</h3>
        <p className={style.note}>{text.note}</p>
      </div>
      {state.name === 'downloading' && <Download />}
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      <ul className={style.models}>
        {catalogue.map((model) => (
          <CatalogueRow key={model.id} model={model} estimate={estimates.get(model.id)} />
        ))}
      </ul>
      <p className={style.note}>{text.fitNote(precision)}</p>
      {others.length > 0 && (
        <>
          <h3>{text.stored}</h3>
          <ul className={style.models}>
            {others.map((model) => (
              <li key={model.key} className={style.model}>
                <p className={style.name}>{model.id}</p>
                <p className={style.facts}>
                  <StoredFacts model={model} />
                </p>
                <Actions id={model.id} stored={model} />
              </li>
            ))}
          </ul>
        </>
      )}
      {stored.length > 0 && storage && (
        <p className={style.note}>
          {text.storage(format.bytes(storage.usedBytes), format.bytes(storage.quotaBytes))}{' '}
          {storage.isPersistent ? text.persistent : text.notPersistent}
        </p>
      )}
      <ById />
    </div>
  )
}

/** The planner's answer for each model of the catalogue, one after the other, for the settings of now. */
function useCatalogueEstimates(): ReadonlyMap<string, RunEstimate> {
  const [estimates, setEstimates] = useState<ReadonlyMap<string, RunEstimate>>(new Map())
  const settings = useSettings((state) => state.settings)
  useEffect(() => planCatalogue(settings, setEstimates), [settings])
  return estimates
}

function CatalogueRow({
  model,
  estimate,
}: {
  readonly model: CatalogueModel
  readonly estimate: RunEstimate | undefined
}) {
  const text = useTexts(hubTexts)
  const format = useFormat()
  const stored = useHub((state) => state.stored.find(({ id }) => id === model.id))
  const device = useCapability(({ state }) => (state.name === 'ready' ? state.device : null))
  const languages = useLanguages(model)
  const fit = estimate && device ? fitOf(estimate, device) : null
  return (
    <li className={style.model}>
      <p className={style.name}>
        {model.id}
        {fit && <span className={style[fit]}>{text[fit]}</span>}
      </p>
      <p className={style.facts}>
        {estimate &&
          text.facts(
            format.short(estimate.totalParameters),
            format.bytes(estimate.totalParameters * model.bytesPerWeight),
            model.licence,
            languages,
          )}{' '}
        {estimate && text.runTakes(format.bytes(totalBytes(estimate.memory)))} {model.isGated && text.isGated}{' '}
        {stored && <StoredFacts model={stored} />}
      </p>
      <Actions id={model.id} stored={stored} />
    </li>
  )
}

function useLanguages({ languages, languageCount }: CatalogueModel): string {
  const text = useTexts(hubTexts)
  const format = useFormat()
  const language = useLocale((state) => state.language)
  const display = new Intl.DisplayNames([language], { type: 'language' })
  const names = languages.map((code) => display.of(code) ?? code).join(', ')
  return languageCount === null ? names : text.languagesAndMore(names, format.count(languageCount))
}

function StoredFacts({ model }: { readonly model: StoredModel }) {
  const text = useTexts(hubTexts)
  const format = useFormat()
  const { storedBytes, totalBytes, commit, licence } = model
  if (storedBytes < totalBytes) return text.partly(format.bytes(storedBytes), format.bytes(totalBytes))
  return text.storedFacts(format.bytes(totalBytes), commit.slice(0, 7), licence ?? text.noLicence)
}

function Actions({ id, stored }: { readonly id: string; readonly stored: StoredModel | undefined }) {
  const text = useTexts(hubTexts)
  const isBusy = useHub(({ state }) => state.name === 'downloading')
  const isInUse = useModel(({ choice }) => choice !== 'embedded' && choice.name === id)
  const { download, use } = useHub.getState()
  const isWhole = stored && stored.storedBytes === stored.totalBytes
  return (
    <div className={style.actions}>
      {isWhole ? (
        <Button
          disabled={isInUse}
          aria-label={`${isInUse ? text.inUse : text.use}: ${id}`}
          onClick={() => void use(stored.key)}
        >
          {isInUse ? text.inUse : text.use}
        </Button>
      ) : (
        <Button
          disabled={isBusy}
          aria-label={`${stored ? text.goOn : text.download}: ${id}`}
          onClick={() => void download(id)}
        >
          {stored ? text.goOn : text.download}
        </Button>
      )}
      {stored && !isInUse && !isBusy && <RemoveModel model={stored} />}
    </div>
  )
}

function Download() {
  const text = useTexts(hubTexts)
  const format = useFormat()
  const { state, stop } = useHub()
  if (state.name !== 'downloading') return null
  const { id, progress } = state
  const speed = progress?.bytesPerSecond ? text.speed(format.bytes(progress.bytesPerSecond)) : ''
  return (
    <div className={style.download}>
      <Progress
        label={progress ? text.downloading(id) : text.asking(id)}
        share={progress && progress.storedBytes / progress.totalBytes}
        note={progress && text.progress(format.bytes(progress.storedBytes), format.bytes(progress.totalBytes), speed)}
      />
      <Button onClick={stop}>{text.stop}</Button>
    </div>
  )
}

function ById() {
  const text = useTexts(hubTexts)
  const [id, setId] = useState('')
  const [token, setToken] = useState('')
  const isBusy = useHub(({ state }) => state.name === 'downloading')
  return (
    <form
      className={style.byId}
      onSubmit={(event) => {
        event.preventDefault()
        void useHub.getState().download(id, token || undefined)
        setToken('')
      }}
    >
      <h3>{text.byId}</h3>
      <label className={style.field}>
        <span>{text.id}</span>
        <input value={id} onChange={(event) => setId(event.target.value)} autoComplete="off" spellCheck={false} />
        <small>{text.idHint}</small>
      </label>
      <label className={style.field}>
        <span>{text.token}</span>
        <input
          type="password"
          value={token}
          onChange={(event) => setToken(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <small>{text.tokenHint}</small>
      </label>
      <div>
        <Button type="submit" disabled={isBusy || id.trim() === ''}>
          {text.download}
        </Button>
      </div>
    </form>
  )
}
