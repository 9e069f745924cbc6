// The same run for a machine with more GPUs, as a folder.
import { Button } from '../../components/Button'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { saveFile } from '../../components/saveFile'
import { useAdapter } from '../../stores/adapter'
import { useCluster } from '../../stores/cluster'
import { useDataset } from '../../stores/dataset'
import { useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

const ZIP_NAME = 'plume-run.zip'

export function ClusterSection() {
  const text = useTexts(shareTexts)
  const { state, includesText } = useCluster()
  const { make, setIncludesText } = useCluster.getState()
  const hasAdapter = useAdapter((adapter) => adapter.state.name === 'ready')
  const hasText = useDataset((dataset) => dataset.state.name === 'ready')
  const save = async () => {
    const zip = await make()
    if (zip) saveFile(ZIP_NAME, zip, 'application/zip')
  }
  return (
    <Section title={text.cluster} note={text.clusterNote}>
      <div className={style.merge}>
        <label className={style.check}>
          <input
            type="checkbox"
            checked={includesText && hasText}
            disabled={!hasText}
            onChange={(event) => setIncludesText(event.target.checked)}
          />
          <span>{hasText ? text.clusterText : text.clusterNoText}</span>
        </label>
        <Button isBusy={state.name === 'making'} onClick={() => void save()}>
          {text.download(ZIP_NAME)}
        </Button>
      </div>
      <p className={style.quiet}>{hasAdapter ? text.clusterFromAdapter : text.clusterFresh}</p>
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
    </Section>
  )
}
