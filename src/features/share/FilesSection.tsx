// The adapter's files, to take one by one or in a zip. They were read back before they are offered.
import { Button } from '../../components/Button'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Empty, Section } from '../../components/Place'
import { saveFile } from '../../components/saveFile'
import type { AdapterExport, AdapterProof } from '../../engine/api'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shelfTexts } from './shelfTexts'
import { shareTexts } from './texts'
import type { ExportState } from './useExport'

const ZIP_NAME = 'plume-adapter.zip'

export function saveZip({ zip }: AdapterExport): void {
  saveFile(ZIP_NAME, zip, 'application/zip')
}

interface Props {
  readonly exported: ExportState
  readonly onRetry: () => void
}

export function FilesSection({ exported, onRetry }: Props) {
  const text = useTexts(shareTexts)
  return (
    <Section title={text.files}>
      {exported.name === 'preparing' && <Empty>{text.preparing}</Empty>}
      {exported.name === 'failed' && (
        <ErrorNotice error={exported.error} actions={<Button onClick={onRetry}>{text.tryAgain}</Button>} />
      )}
      {exported.name === 'ready' && (
        <>
          <Verified proof={exported.files.proof} />
          <FileList exported={exported.files} />
        </>
      )}
    </Section>
  )
}

/** How far the logits with what the files hold were from the live model's. */
function Verified({ proof }: { readonly proof: AdapterProof }) {
  const text = useTexts(shelfTexts)
  const format = useFormat()
  const largest = Math.max(...proof.files.map((file) => file.largestDifference))
  const tokens = format.count(proof.tokens)
  return (
    <Notice
      kind="good"
      title={largest === 0 ? text.verifiedExactly(tokens) : text.verified(tokens, format.exponent(largest))}
    />
  )
}

function FileList({ exported }: { readonly exported: AdapterExport }) {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const purposes: Readonly<Record<string, string>> = {
    'adapter_config.json': text.adapterConfig,
    'adapter_model.safetensors': text.adapterWeights,
    'README.md': text.readme,
  }
  const needsTemplate = exported.chat?.kind === 'unknown'
  const modelfilePurpose = needsTemplate ? text.modelfileByHand : text.modelfile
  const files = [
    ...exported.files.map(({ name, bytes }) => ({ name, bytes, purpose: purposes[name] ?? '' })),
    { name: ZIP_NAME, bytes: exported.zip, purpose: text.zip },
    { ...exported.gguf, purpose: text.gguf },
    ...(exported.modelfile ? [{ ...exported.modelfile, purpose: modelfilePurpose }] : []),
    ...(exported.mlx ? [{ ...exported.mlx, purpose: text.mlx }] : []),
  ]
  return (
    <ul className={style.rows}>
      {files.map(({ name, bytes, purpose }) => (
        <li key={name} className={style.file}>
          <span className={style.fileName}>{name}</span>
          <span className={style.quiet}>{purpose}</span>
          <span className={style.fileBytes}>{format.bytes(bytes.byteLength)}</span>
          <Button kind="quiet" aria-label={text.download(name)} onClick={() => saveFile(name, bytes)}>
            {text.download('').trim()}
          </Button>
        </li>
      ))}
    </ul>
  )
}
