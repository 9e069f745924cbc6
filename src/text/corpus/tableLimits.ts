// What a table may hold. Beyond it no page could show it and no tab train on it.

export const MAX_ROWS = 5_000_000
export const MAX_COLUMNS = 4096
