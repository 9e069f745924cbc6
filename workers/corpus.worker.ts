// Parses and tokenizes dropped files away from the page's thread; the page ends it when a file hangs it.
import { CorpusService } from '../src/engine/corpusService'
import { fetchFile } from '../src/platform/fetchFile'
import { serve } from '../src/rpc/serve'

serve(new CorpusService(fetchFile))
