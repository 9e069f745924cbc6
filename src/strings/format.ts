// Every number a person sees goes through here, so that the same thing never looks like two things.
// No figure gets more digits than it deserves: bytes one decimal, rates and losses three significant.
import type { Language } from './texts'

export interface Formatters {
  /** 12,345 */
  readonly count: (value: number) => string
  /** "3.7M", "37.8K": for sizes of models, where the exact count is beside the point. */
  readonly short: (value: number) => string
  /** "7.3 MiB"; below 1 MiB in KiB, from 1,024 MiB on in GiB. */
  readonly bytes: (value: number) => string
  /** A loss: three decimals. */
  readonly loss: (value: number) => string
  /** A perplexity or a ratio: three significant digits. */
  readonly significant: (value: number) => string
  /** What is only a hint: two significant digits. */
  readonly rough: (value: number) => string
  /** 0.0123 → "1.2%" */
  readonly percent: (share: number) => string
  /** Tokens per second, without the unit: whole from 10 on. */
  readonly rate: (value: number) => string
  /** "12 s", "3 min 20 s", "1 h 5 min" */
  readonly duration: (ms: number) => string
  /** A learning rate: "2e-3". */
  readonly exponent: (value: number) => string
  /** "14:05, 3 May" */
  readonly moment: (time: number) => string
}

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

export function formattersFor(language: Language): Formatters {
  const numbers = (options: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(language, options)
    return (value: number) => (Number.isFinite(value) ? format.format(value) : '–')
  }
  const count = numbers({ maximumFractionDigits: 0 })
  const oneDecimal = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const threeDecimals = numbers({ minimumFractionDigits: 3, maximumFractionDigits: 3 })
  const significant = numbers({ maximumSignificantDigits: 3 })
  const rough = numbers({ maximumSignificantDigits: 2 })
  const moment = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
  })
  return {
    count,
    short: (value) => {
      if (value >= 1e9) return `${oneDecimal(value / 1e9)}B`
      if (value >= 1e6) return `${oneDecimal(value / 1e6)}M`
      return value >= 1e4 ? `${oneDecimal(value / 1e3)}K` : count(value)
    },
    bytes: (value) => {
      if (value >= GIB) return `${oneDecimal(value / GIB)} GiB`
      // Always MiB in tables and charts, so that columns can be compared; KiB only for what would read 0.0.
      if (value >= 0.05 * MIB || value === 0) return `${oneDecimal(value / MIB)} MiB`
      return value >= KIB ? `${oneDecimal(value / KIB)} KiB` : `${count(value)} B`
    },
    loss: threeDecimals,
    significant,
    rough,
    percent: (share) => `${Math.abs(share) >= 0.01 ? oneDecimal(share * 100) : rough(share * 100)}%`,
    rate: (value) => (value >= 10 ? count(value) : rough(value)),
    duration: (ms) => duration(ms, language),
    exponent: (value) => {
      if (value === 0) return '0'
      const [mantissa = '0', power = '0'] = value.toExponential(1).split('e')
      return `${mantissa.replace(/\.0$/, '')}e${power}`
    },
    moment: (time) => moment.format(time),
  }
}

function duration(ms: number, language: Language): string {
  if (!Number.isFinite(ms)) return '–'
  const [hour, minute, second] = language === 'ko' ? ['시간', '분', '초'] : [' h', ' min', ' s']
  if (ms < 1000) return `${(ms / 1000).toFixed(ms < 100 ? 2 : 1)}${second}`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}${second}`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes}${minute}` : `${minutes}${minute} ${seconds % 60}${second}`
  return `${Math.floor(minutes / 60)}${hour} ${minutes % 60}${minute}`
}
