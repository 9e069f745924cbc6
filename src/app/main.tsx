// Where the page begins.
import 'pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css'
import '../design/tokens.css'
import '../design/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { defined } from '../base/assert'
import { App } from './App'
import { startPage } from './startPage'

startPage()
createRoot(defined(document.getElementById('root'), 'index.html has no #root')).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
