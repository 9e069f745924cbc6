// Ctrl-C and a polite kill, once as a wish and twice as an order.
import process from 'node:process'

/** By convention 128 plus the signal's number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const
type Signal = keyof typeof exitCodes

/** Ends the program with the signal's exit code after saying what is left to do. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly exitCode: number

  constructor(message: string, signal: Signal) {
    super(message)
    this.exitCode = exitCodes[signal]
  }
}

export interface Interrupts {
  /** The signal that came, if one did. */
  readonly signal: Signal | null
  stop(): void
}

export function listenForInterrupts(onFirst: () => void): Interrupts {
  const interrupts: { signal: Signal | null; stop: () => void } = { signal: null, stop }
  const listeners = (Object.keys(exitCodes) as Signal[]).map((signal) => {
    const listener = () => {
      if (interrupts.signal !== null) process.exit(exitCodes[signal])
      interrupts.signal = signal
      onFirst()
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  function stop() {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
  return interrupts
}
