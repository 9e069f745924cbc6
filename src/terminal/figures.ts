// Numbers of the terminal, by the page's formatter: the same thing looks the same in both.
import { formattersFor } from '../strings/format'

export const figures = formattersFor('en')
