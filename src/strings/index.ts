// Every dictionary of the page, for the test that keeps the languages complete. A feature's own
// `texts.ts` is where its texts are read and changed.
import { appTexts } from '../app/texts'
import { dataTexts } from '../features/dataset/texts'
import { startTexts } from '../features/start/texts'
import { errorTexts } from './errors'
import { termTexts } from './terms'

export const allTexts = {
  app: appTexts,
  data: dataTexts,
  start: startTexts,
  terms: termTexts,
  errors: errorTexts,
}
