import { looksLikeAdapter, readFiles } from './readFiles'
import { useAdapter } from './adapter'
import { useDataset } from './dataset'
import { useNotices } from './notices'
import { useRoute } from './route'

/** Dropped files to where they belong: an adapter to Share, text to Data. Failures are told there. */
export async function takeDropped(files: readonly File[]): Promise<void> {
  const { go } = useRoute.getState()
  try {
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
