// Models from the hub: what fits this device, what is on it already, and any other by its id.
import { useEffect, useState, type ReactNode } from 'react'
import { Button } from '../../components/Button'
import { fitOf, type Fit } from '../../components/fit'
import { FitWord } from '../../components/FitWord'
import { ErrorNotice } from '../../components/Notice'
import { Progress } from '../../components/Progress'
import { TextField } from '../../components/TextField'
import { useQuestion } from '../../components/useQuestion'
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
import style from './HubModels.module.css'
import { hubTexts } from './hubTexts'

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
              <ModelRow key={model.key} id={model.id} stored={model} />
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
  const runBytes = estimate ? totalBytes(estimate.memory) : 0
  return (
    <ModelRow
      id={model.id}
      stored={stored}
      fit={estimate && device && fitOf({ largestBytes: estimate.largestBufferBytes, totalBytes: runBytes }, device)}
    >
      {estimate &&
        text.facts(
          format.short(estimate.totalParameters),
          format.bytes(estimate.totalParameters * model.bytesPerWeight),
          model.licence,
          languages,
        )}{' '}
      {estimate && text.runTakes(format.bytes(runBytes))} {model.isGated && text.isGated}
    </ModelRow>
  )
}

interface ModelRowProps {
  readonly id: string
  readonly stored: StoredModel | undefined
  readonly fit?: Fit | null | undefined
  /** What is known before it is stored. */
  readonly children?: ReactNode
}

function ModelRow({ id, stored, fit, children }: ModelRowProps) {
  return (
    <li className={style.model}>
      <p className={style.name}>
        {id}
        {fit && (
          <small>
            <FitWord fit={fit} />
          </small>
        )}
      </p>
      <p className={style.facts}>
        {children} {stored && <StoredFacts model={stored} />}
      </p>
      <Actions id={id} stored={stored} />
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
      {stored && !isInUse && !isBusy && <RemoveButton model={stored} />}
    </div>
  )
}

/** Deleting gigabytes that took an hour to come is asked about once. */
function RemoveButton({ model }: { readonly model: StoredModel }) {
  const text = useTexts(hubTexts)
  const format = useFormat()
  const { ask, question } = useQuestion({
    title: text.removeTitle(model.id),
    body: text.removeBody(format.bytes(model.storedBytes)),
    yes: text.removeYes,
    no: text.removeNo,
    onYes: () => void useHub.getState().remove(model.key),
  })
  return (
    <>
      <Button kind="quiet" aria-label={`${text.remove}: ${model.id}`} onClick={ask}>
        {text.remove}
      </Button>
      {question}
    </>
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
      <TextField label={text.id} hint={text.idHint} value={id} onChange={setId} />
      <TextField label={text.token} hint={text.tokenHint} value={token} onChange={setToken} isSecret />
      <div>
        <Button type="submit" disabled={isBusy || id.trim() === ''}>
          {text.download}
        </Button>
      </div>
    </form>
  )
}
