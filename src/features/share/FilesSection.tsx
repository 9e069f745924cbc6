// The adapter's files, to take one by one or in a zip. They were read back before they are offered.
import { Button } from '../../components/Button'
import { Choice } from '../../components/Choice'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Empty, Section } from '../../components/Place'
import { saveFile } from '../../components/saveFile'
import { adapterDTypes, CURVES_FILE, type AdapterPackage, type AdapterProof } from '../../engine/api'
import { usePackage, type PackageState } from '../../stores/adapterPackage'
import { useNotices } from '../../stores/notices'
import { useFormat, useTexts } from '../../strings/useTexts'
import { packageTexts } from './packageTexts'
import style from './Share.module.css'
import { shelfTexts } from './shelfTexts'
import { shareTexts } from './texts'
import type { ExportState, ProvenFiles } from './useExport'
import { canDragOut, canHandOver, dragOut, handOver, type LeavingFile } from './wayOut'

const ZIP_NAME = 'plume-adapter.zip'

export function saveZip({ zip }: AdapterPackage): void {
  saveFile(ZIP_NAME, zip, 'application/zip')
}

interface Props {
  readonly exported: ExportState
  readonly packed: PackageState
  readonly onRetry: () => void
}

export function FilesSection({ exported, packed, onRetry }: Props) {
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
          <DTypeChoice />
          <Packed packed={packed} exported={exported.files} />
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

function DTypeChoice() {
  const text = useTexts(packageTexts)
  const { dtype, setDType } = usePackage()
  return (
    <Choice
      legend={text.dtype}
      value={dtype}
      onChange={setDType}
      options={adapterDTypes.map((one) => ({ value: one, label: one }))}
    />
  )
}

function Packed({ packed, exported }: { readonly packed: PackageState; readonly exported: ProvenFiles }) {
  const text = useTexts(packageTexts)
  const format = useFormat()
  switch (packed.name) {
    case 'none':
      return <Empty>{text.packing}</Empty>
    case 'packing':
      if (!packed.before) return <Empty>{text.packing}</Empty>
      return <FileList packed={packed.before} exported={exported} isOutdated />
    case 'failed':
      return <ErrorNotice error={packed.error} />
    case 'ready':
      return (
        <>
          {packed.files.rounding > 0 && (
            <p className={style.quiet}>{text.rounding(format.percent(packed.files.rounding))}</p>
          )}
          <FileList packed={packed.files} exported={exported} isOutdated={false} />
        </>
      )
    default:
      return packed satisfies never
  }
}

interface Row extends LeavingFile {
  readonly purpose: string
}

interface FileListProps {
  readonly packed: AdapterPackage
  readonly exported: ProvenFiles
  /** It is being packed anew. */
  readonly isOutdated: boolean
}

function FileList({ packed, exported, isOutdated }: FileListProps) {
  const text = useTexts(shareTexts)
  const words = useTexts(packageTexts)
  const dtype = usePackage((store) => store.dtype)
  const purposes: Readonly<Record<string, string>> = {
    'adapter_config.json': text.adapterConfig,
    'adapter_model.safetensors': words.weights(dtype),
    'README.md': text.readme,
    [CURVES_FILE]: words.curves,
  }
  const needsTemplate = exported.chat?.kind === 'unknown'
  const modelfilePurpose = needsTemplate ? text.modelfileByHand : text.modelfile
  const zip = { name: ZIP_NAME, bytes: packed.zip, purpose: words.zip }
  const single = { ...packed.single, purpose: words.single }
  const rows: readonly Row[] = [
    ...packed.files.map(({ name, bytes }) => ({ name, bytes, purpose: purposes[name] ?? '' })),
    zip,
    single,
    { ...exported.gguf, purpose: text.gguf },
    ...(exported.modelfile ? [{ ...exported.modelfile, purpose: modelfilePurpose }] : []),
    ...(exported.mlx ? [{ ...exported.mlx, purpose: text.mlx }] : []),
  ]
  const toHandOver = [zip, single].find(canHandOver)
  return (
    <>
      <ul className={style.rows}>
        {rows.map((row) => (
          <FileRow key={row.name} row={row} isBusy={isOutdated} />
        ))}
      </ul>
      {canDragOut() && <p className={style.quiet}>{words.drag}</p>}
      {toHandOver && (
        <div>
          <Button isBusy={isOutdated} onClick={() => void handOver(toHandOver).catch(useNotices.getState().report)}>
            {words.handOver(toHandOver.name)}
          </Button>
        </div>
      )}
    </>
  )
}

function FileRow({ row, isBusy }: { readonly row: Row; readonly isBusy: boolean }) {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const { name, bytes, purpose } = row
  return (
    <li className={style.file}>
      <span className={style.fileName}>{name}</span>
      <span className={style.quiet}>{purpose}</span>
      <span className={style.fileBytes}>{format.bytes(bytes.byteLength)}</span>
      <Button
        kind="quiet"
        isBusy={isBusy}
        aria-label={text.download(name)}
        draggable={canDragOut()}
        onDragStart={(event) => dragOut(event.dataTransfer, row)}
        onClick={() => saveFile(name, bytes)}
      >
        {text.download('').trim()}
      </Button>
    </li>
  )
}
