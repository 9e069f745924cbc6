// The adapter's folder into a repository on the hub: what is sent stands above the button that sends it.
import { useState } from 'react'
import { Button } from '../../components/Button'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import { TextField } from '../../components/TextField'
import type { NamedFile } from '../../engine/api'
import type { PackageState } from '../../stores/adapterPackage'
import { useCard } from '../../stores/card'
import { useHubUpload } from '../../stores/hubUpload'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Hub.module.css'
import { hubUploadTexts } from './hubTexts'

export function HubSection({ packed }: { readonly packed: PackageState }) {
  const text = useTexts(hubUploadTexts)
  const { state } = useHubUpload()
  return (
    <Section title={text.title} note={text.note}>
      <Upload files={packed.name === 'ready' ? packed.files.files : null} />
      {state.name === 'sending' && <Sending />}
      {state.name === 'failed' && <Failure />}
      {state.name === 'sent' && (
        <Notice kind="good" title={text.sent} isLive>
          <p>
            <a href={state.uploaded.address} target="_blank" rel="noreferrer">
              {state.uploaded.address}
            </a>{' '}
            {text.commit(state.uploaded.commit.slice(0, 7))}
          </p>
        </Notice>
      )}
    </Section>
  )
}

/** @param files - null while they are packed. */
function Upload({ files }: { readonly files: readonly NamedFile[] | null }) {
  const text = useTexts(hubUploadTexts)
  const format = useFormat()
  const [id, setId] = useState('')
  const [token, setToken] = useState('')
  const [isPrivate, setPrivate] = useState(true)
  const [mayExist, setMayExist] = useState(false)
  const isSending = useHubUpload((upload) => upload.state.name === 'sending')
  const hasProblem = useCard(({ state }) => state.name === 'ready' && state.problem !== null)
  const bytes = format.bytes((files ?? []).reduce((sum, file) => sum + file.bytes.byteLength, 0))
  const canSend = files && !isSending && !hasProblem && id.trim() !== '' && token.trim() !== ''
  return (
    <form
      className={style.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!canSend) return
        void useHubUpload.getState().send({ id, token: token.trim(), isPrivate, mayExist, files })
        setToken('')
      }}
    >
      <div className={style.fields}>
        <TextField label={text.id} hint={text.idHint} value={id} onChange={setId} />
        <TextField label={text.token} hint={text.tokenHint} value={token} onChange={setToken} isSecret />
      </div>
      <Tick label={text.isPrivate} isOn={isPrivate} onChange={setPrivate} />
      <Tick label={text.mayExist} isOn={mayExist} onChange={setMayExist} />
      {files && <Contents files={files} />}
      {hasProblem && <Notice kind="warning" title={text.problem} />}
      <div>
        <Button type="submit" disabled={!canSend}>
          {text.send(bytes)}
        </Button>
      </div>
    </form>
  )
}

/** All that leaves. */
function Contents({ files }: { readonly files: readonly NamedFile[] }) {
  const text = useTexts(hubUploadTexts)
  const format = useFormat()
  return (
    <div className={style.what}>
      <h3>{text.what}</h3>
      <ul>
        {files.map((file) => (
          <li key={file.name}>
            <span>{file.name}</span>
            <span className={style.bytes}>{format.bytes(file.bytes.byteLength)}</span>
          </li>
        ))}
      </ul>
      <p>
        {text.total(format.count(files.length))} {text.header}
      </p>
    </div>
  )
}

interface TickProps {
  readonly label: string
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
}

function Tick({ label, isOn, onChange }: TickProps) {
  return (
    <label className={style.tick}>
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  )
}

function Sending() {
  const text = useTexts(hubUploadTexts)
  const format = useFormat()
  const { state, stop } = useHubUpload()
  if (state.name !== 'sending') return null
  const { progress } = state
  return (
    <div className={style.sending}>
      <Progress
        label={progress ? text[progress.stage] : text.starting}
        share={progress && progress.sentBytes / progress.totalBytes}
        note={progress && text.progress(format.bytes(progress.sentBytes), format.bytes(progress.totalBytes))}
      />
      <Button onClick={stop}>{text.stop}</Button>
    </div>
  )
}

/** With the hub's own reason open to be read: it knows what it did not like. */
function Failure() {
  const { state } = useHubUpload()
  if (state.name !== 'failed') return null
  const { reason } = state.error.details
  return (
    <>
      <ErrorNotice error={state.error} />
      {typeof reason === 'string' && <p className={style.reason}>{reason}</p>}
    </>
  )
}
