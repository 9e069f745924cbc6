import { AppError } from '../base/errors'
import { looksLikeAdapter, looksLikeModel, readFiles } from './readFiles'
import { useAdapter } from './adapter'
import { useDataset } from './dataset'
import { useModel } from './model'
import { useNotices } from './notices'
import { useRoute } from './route'
import { isAlive, useRun } from './run'

/** Dropped files to where they belong: a model to Model, an adapter to Share, text to Data. Failures are told there. */
export async function takeDropped(files: readonly File[]): Promise<void> {
  const { go } = useRoute.getState()
  try {
    if (looksLikeModel(files)) {
      if (isAlive(useRun.getState().state)) throw new AppError('engine/busy', { message: 'a run needs its model' })
      go('model')
      // Read by range, where an adapter and a text are small enough to be read whole.
      useModel.getState().takeFiles(files)
      return
    }
    const named = await readFiles(files)
    if (looksLikeAdapter(named)) {
      go('share')
      await useAdapter.getState().importFiles(named)
      return
    }
    go('data')
    await useDataset
      .getState()
      .takeFiles(named)
      .catch(() => undefined) // told by the state on Data
  } catch (thrown) {
    useNotices.getState().report(thrown)
  }
}
