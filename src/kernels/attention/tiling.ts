// How attention kernels cut head rows and tiles: see attend.wgsl.
import { assert } from '../../base/assert'
import pack2 from '../snippets/pack2.wgsl?raw'
import pack4 from '../snippets/pack4.wgsl?raw'

/** Floats read at a time. Models have multiples of four; two is for the rest. */
export type PackWidth = 2 | 4

export const packSource: Readonly<Record<PackWidth, string>> = { 2: pack2, 4: pack4 }

export function packWidthOf(headWidth: number): PackWidth {
  return headWidth % 4 === 0 ? 4 : 2
}

const MAX_PACKS = 64

// One or few subgroups, so that barriers are cheap and short inputs still make many workgroups. Against 64
// lanes: 15 % less processor time on SwiftShader; for short inputs as much again from 16, whose tiles waste less on
// keys that no row of theirs sees.
const MIN_WORKGROUP_SIZE = 32
const MIN_SHORT_WORKGROUP_SIZE = 16
const MAX_SHORT_TOKENS = 128

/** Overrides every tiled attention kernel has, and the query rows (or keys) a workgroup takes. */
export function tilingOf(
  {
    tokens = Number.POSITIVE_INFINITY,
    heads,
    keyValueHeads,
    headWidth,
  }: { tokens?: number; heads: number; keyValueHeads: number; headWidth: number },
  packWidth: PackWidth,
): { constants: Record<string, number>; rowsPerTile: number } {
  const packs = headWidth / packWidth
  assert(Number.isInteger(packs) && packs <= MAX_PACKS, `attention: heads of ${headWidth} in packs of ${packWidth}`)
  assert(heads % keyValueHeads === 0, `attention: ${heads} heads share ${keyValueHeads} key/value heads`)
  // Two packs to a lane. At least four lanes to a row: fewer would make tiles of many rows, of which short inputs fill little.
  const packLanes = Math.max(4, 2 ** Math.ceil(Math.log2(packs / 2)))
  const least = tokens <= MAX_SHORT_TOKENS ? MIN_SHORT_WORKGROUP_SIZE : MIN_WORKGROUP_SIZE
  const workgroupSize = Math.max(least, packLanes)
  return {
    constants: {
      WORKGROUP_SIZE: workgroupSize,
      HEADS: heads,
      GROUP: heads / keyValueHeads,
      PACKS: packs,
      PACK_LANES: packLanes,
      SCALE: 1 / Math.sqrt(headWidth),
    },
    rowsPerTile: (4 * workgroupSize) / packLanes,
  }
}
