// Every dictionary of the page, for the test that keeps the languages complete. A feature's own
// `texts.ts` is where its texts are read and changed.
import { appTexts } from '../app/texts'
import { rooflineTexts } from '../components/charts/rooflineTexts'
import { chartTexts } from '../components/charts/texts'
import { adapterTexts } from '../features/compare/adapterTexts'
import { lookTexts } from '../features/compare/lookTexts'
import { compareTexts } from '../features/compare/texts'
import { onnxTexts } from '../features/compare/onnxTexts'
import { trialTexts } from '../features/compare/trialTexts'
import { dataTexts } from '../features/dataset/texts'
import { labTexts } from '../features/lab/texts'
import { hubTexts } from '../features/model/hubTexts'
import { modelTexts } from '../features/model/texts'
import { mergedTexts } from '../features/share/mergedTexts'
import { refusalTexts } from '../features/share/refusalTexts'
import { shelfTexts } from '../features/share/shelfTexts'
import { cardTexts } from '../features/share/cardTexts'
import { faultTexts } from '../features/share/faultTexts'
import { hubUploadTexts } from '../features/share/hubTexts'
import { linkTexts } from '../features/share/linkTexts'
import { packageTexts } from '../features/share/packageTexts'
import { shareTexts } from '../features/share/texts'
import { startTexts } from '../features/start/texts'
import { trainingTexts } from '../features/training/texts'
import { errorTexts } from './errors'
import { termTexts } from './terms'

export const allTexts = {
  app: appTexts,
  charts: chartTexts,
  compare: compareTexts,
  adapters: adapterTexts,
  look: lookTexts,
  onnx: onnxTexts,
  trial: trialTexts,
  data: dataTexts,
  errors: errorTexts,
  hub: hubTexts,
  lab: labTexts,
  model: modelTexts,
  merged: mergedTexts,
  roofline: rooflineTexts,
  share: shareTexts,
  shelf: shelfTexts,
  refusals: refusalTexts,
  card: cardTexts,
  cardFaults: faultTexts,
  hubUpload: hubUploadTexts,
  link: linkTexts,
  package: packageTexts,
  start: startTexts,
  training: trainingTexts,
  terms: termTexts,
}
