// The one-button run: sample, model, training, in the order they are needed. The page goes to Train at
// once, where each step of it can be seen and each failure is told.
import { useDataset } from '../../stores/dataset'
import type { Language } from '../../stores/language'
import { useModel } from '../../stores/model'
import { useRoute } from '../../stores/route'
import { useRun } from '../../stores/run'

export async function trainOnSample(sampleId: string, language: Language): Promise<void> {
  useRoute.getState().go('train')
  void useRun.getState().foresee()
  // Both at once: the corpus worker and the engine do not wait for each other. What fails is kept in
  // its store, and starting without a corpus or a model tells it on Train.
  const { state, sampleId: inUse } = useDataset.getState()
  const isThere = state.name === 'ready' && inUse === sampleId
  await Promise.allSettled([
    isThere ? undefined : useDataset.getState().takeSample(sampleId, language),
    useModel.getState().load(),
  ])
  await useRun.getState().start()
}
