// What the run holds on the device now, with a ghost of the same run on a float32 base.
import { MemoryStack } from '../../components/charts/MemoryStack'
import { Empty, Section } from '../../components/Place'
import { isOnProcessor, useCapability } from '../../stores/capability'
import { useRun } from '../../stores/run'
import { useSettings } from '../../stores/settings'
import { useTexts } from '../../strings/useTexts'
import { trainingTexts } from './texts'

export function MemorySection() {
  const text = useTexts(trainingTexts)
  const memory = useRun((run) => run.memory)
  const runSettings = useRun((run) => run.settings)
  const planned = useSettings(({ settings }) => settings)
  const estimate = useSettings((settings) => settings.estimate)
  const onProcessor = useCapability(isOnProcessor)
  const isRunning = useRun(({ state }) => !['idle', 'finished', 'failed'].includes(state.name))
  // The ghost is for a run that holds less than float32 would, while it holds it. The estimate follows the
  // knobs: it speaks of this run only while they stand as they did. And it speaks of a GPU.
  const hasGhost =
    !onProcessor &&
    isRunning &&
    runSettings !== null &&
    runSettings.precision !== 'float32' &&
    JSON.stringify(runSettings) === JSON.stringify(planned)
  const inFloat32 = estimate.name === 'ready' && hasGhost ? estimate.estimate.memoryInFloat32 : null
  return (
    <Section title={text.memory} note={onProcessor ? text.memoryNoteOnProcessor : text.memoryNote}>
      {memory && runSettings ? (
        <MemoryStack
          title={text.memoryNow}
          memory={memory}
          precision={runSettings.precision}
          inFloat32={inFloat32}
          fileName="plume-memory"
        />
      ) : (
        <Empty>{text.memoryEmpty}</Empty>
      )}
    </Section>
  )
}
