import { Component, type ReactNode } from 'react'
import { toAppError, type AppError } from '../base/errors'
import { Button } from '../components/Button'
import { Notice } from '../components/Notice'
import { useTexts } from '../strings/useTexts'
import { appTexts } from './texts'

interface Props {
  readonly children: ReactNode
}

/** Keeps a defect of one place from taking the page with it. React offers no hook for this. */
export class ErrorBoundary extends Component<Props, { readonly error: AppError | null }> {
  override readonly state: { readonly error: AppError | null } = { error: null }

  static getDerivedStateFromError(thrown: unknown): { readonly error: AppError } {
    return { error: toAppError(thrown) }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (!error) return this.props.children
    return <Broken error={error} onAgain={() => this.setState({ error: null })} />
  }
}

function Broken({ error, onAgain }: { readonly error: AppError; readonly onAgain: () => void }) {
  const texts = useTexts(appTexts)
  return (
    <>
      <h1 className="unseen">{texts.brokenTitle}</h1>
      <Notice
        kind="wrong"
        title={texts.brokenTitle}
        isLive
        actions={
          <Button kind="main" onClick={onAgain}>
            {texts.drawAgain}
          </Button>
        }
      >
        <p>{texts.brokenAction}</p>
        <code>{error.message}</code>
      </Notice>
    </>
  )
}
