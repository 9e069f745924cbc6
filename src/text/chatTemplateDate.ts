// Python's strftime for what chat templates ask of it, with the English names of the C locale.

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** date: as 2024-07-26, taken at midnight. Signs that are not known stay as they are, as in glibc. */
export function formatDate(format: string, date: string): string {
  const day = new Date(`${date}T00:00:00Z`)
  const month = months[day.getUTCMonth()] ?? ''
  const weekday = days[day.getUTCDay()] ?? ''
  const two = (value: number): string => String(value).padStart(2, '0')
  const values: Readonly<Record<string, string>> = {
    d: two(day.getUTCDate()),
    m: two(day.getUTCMonth() + 1),
    y: two(day.getUTCFullYear() % 100),
    Y: String(day.getUTCFullYear()),
    B: month,
    b: month.slice(0, 3),
    A: weekday,
    a: weekday.slice(0, 3),
    H: '00',
    M: '00',
    S: '00',
    '%': '%',
  }
  return format.replace(/%([a-zA-Z%])/g, (sign, letter: string) => values[letter] ?? sign)
}
