// The page with an engine that only pretends, to look at every state without a GPU.
// `npx vite`, then /tests/preview/?unfinished or ?device=device/no-webgpu, ?corpus=corpus/not-text,
// ?breaks=30, ?breaksAtKernel=20, ?processor, ?step=20 (milliseconds).
import 'pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css'
import '../../src/design/tokens.css'
import '../../src/design/base.css'
import { createRoot } from 'react-dom/client'
import { App } from '../../src/app/App'
import { startPage } from '../../src/app/startPage'
import { defined } from '../../src/base/assert'
import type { ErrorCode } from '../../src/base/errors'
import { connect } from '../../src/rpc/client'
import { fakeCorpus, fakeEngine, fakeUnfinishedRun, type FakeOptions } from '../helpers/fakeEngine'

const query = new URLSearchParams(window.location.search)
const code = (name: string) => (query.get(name) ?? undefined) as ErrorCode | undefined
const deviceError = code('device')
const corpusError = code('corpus')
const options: FakeOptions = {
  stepMs: Number(query.get('step') ?? 120),
  unfinished: query.has('unfinished') ? [fakeUnfinishedRun()] : [],
  ...(deviceError ? { deviceError } : {}),
  ...(corpusError ? { corpusError } : {}),
  ...(query.has('processor') ? { isOnProcessor: true } : {}),
  ...(query.has('breaksAtKernel') ? { breaksAtKernel: Number(query.get('breaksAtKernel')) } : {}),
  ...(query.has('breaks') ? { breaksAtStep: Number(query.get('breaks')) } : {}),
}

connect(fakeEngine(options), fakeCorpus(options))
startPage()
createRoot(defined(document.getElementById('root'), 'index.html has no #root')).render(<App />)
