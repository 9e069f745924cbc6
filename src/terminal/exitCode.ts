// What a failure means for the shell: 2 for what the person can mend in the command line or in the files it
// names, 1 for what went wrong on the way, 128 and more for a signal. One line says what it was.
import { toAppError, type ErrorCode } from '../base/errors'
import { Interruption } from './interrupts'
import { flagOfSetting } from './trainingFlags'
import { UsageError } from './usageError'

export interface Failure {
  readonly exitCode: number
  readonly code: ErrorCode | 'usage' | 'interrupted'
  readonly message: string
}

const inputAreas = ['adapter', 'corpus', 'file', 'model', 'safetensors', 'tokenizer', 'weights']
const inputCodes: readonly ErrorCode[] = [
  'device/no-adapter',
  'device/no-webgpu',
  'run/settings-invalid',
  'share/not-in-gguf',
]

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof UsageError) return { exitCode: 2, code: 'usage', message: oneLine(thrown.message) }
  if (thrown instanceof Interruption) {
    return { exitCode: thrown.exitCode, code: 'interrupted', message: oneLine(thrown.message) }
  }
  const { code, message, details } = toAppError(thrown)
  const isInput = inputAreas.includes(code.split('/')[0] ?? '') || inputCodes.includes(code)
  const flag = typeof details['name'] === 'string' ? flagOfSetting(details['name']) : null
  const said =
    flag !== null && code === 'run/settings-invalid' ? message.replace(String(details['name']), flag) : message
  return { exitCode: isInput ? 2 : 1, code, message: oneLine(said) }
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ').trim()
}
