// Where the parts of a memory stack begin and end, and how long its axis is. Pure.
import type { BytesByRole } from '../../plan/memory'
import { roles, type Role } from '../../plan/tensor'

export interface Part {
  readonly role: Role
  readonly bytes: number
  /** Shares of the axis. */
  readonly start: number
  readonly end: number
}

export interface MemoryBar {
  readonly parts: readonly Part[]
  readonly total: number
  readonly axisBytes: number
  /** Where float32 would end, as a share of the axis; null when it was not asked for or ends at the same place. */
  readonly ghost: number | null
}

/** A limit further away than this many times the stack would press the stack into a line. */
export const FARTHEST_LIMIT = 2.5

export function memoryBar(memory: BytesByRole, inFloat32: BytesByRole | null, limitBytes: number | null): MemoryBar {
  const total = sumOf(memory)
  const ghostTotal = inFloat32 ? sumOf(inFloat32) : 0
  const longest = Math.max(total, ghostTotal, 1)
  const axisBytes =
    limitBytes !== null && limitBytes <= longest * FARTHEST_LIMIT ? Math.max(longest, limitBytes) : longest
  let start = 0
  const parts = roles
    .filter((role) => memory[role] > 0)
    .map((role) => {
      const end = start + memory[role] / axisBytes
      const part = { role, bytes: memory[role], start, end }
      start = end
      return part
    })
  // Half a percent cannot be seen and would only look like a badly drawn end.
  const hasGhost = inFloat32 !== null && Math.abs(ghostTotal - total) > 0.005 * longest
  return { parts, total, axisBytes, ghost: hasGhost ? ghostTotal / axisBytes : null }
}

function sumOf(memory: BytesByRole): number {
  return roles.reduce((sum, role) => sum + memory[role], 0)
}
