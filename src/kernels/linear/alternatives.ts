// Other ways to compute the linear layers, for devices that like them better; see gpu/tuner.ts.
//
// Each is the kernel's own composition with another text for its main loop: the snippets of the operands, and what a step
// binds, are the same.
import { gridOf, type Alternative, type KernelSpec } from '../../plan/kernelSpec'
import { linearSizes, type LinearSizesShape } from './linearSizes'
import backwardWgsl from './backward.wgsl?raw'
import backwardTilesWgsl from './backwardTiles.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import forwardTilesWgsl from './forwardTiles.wgsl?raw'
import matvecWgsl from './matvec.wgsl?raw'
import matvecLanesWgsl from './matvecLanes.wgsl?raw'
import matvecSharedWgsl from './matvecShared.wgsl?raw'
import matvecSubgroupsWgsl from './matvecSubgroups.wgsl?raw'

type Sizes = LinearSizesShape & { rank: number; accumulate: number }

// As in forwardTiles.wgsl and backwardTiles.wgsl.
const TILE_WIDTH = 64
const TILE_DEPTH = 16
const TILE_THREADS_HIGH = 8
/** Below, most of what a tile computes is thrown away. */
const LEAST_TILE_ROWS = 32
/** As in matvecLanes.wgsl and matvecSubgroups.wgsl. */
const MATVEC_GROUP_OUTPUTS = 4
/** 32 lanes with 4 columns each: with fewer, some have nothing to read. */
const LEAST_SHARED_COLUMNS = 128

export function withForwardWays(kernel: KernelSpec<Sizes>): KernelSpec<Sizes> {
  const alternatives = tilesOf(kernel, {
    source: inPlaceOf(forwardWgsl, forwardTilesWgsl, kernel.source),
    suits: ({ columns }) => columns % TILE_DEPTH === 0,
    width: ({ outputs }) => outputs,
  })
  return { ...kernel, alternatives, trial }
}

export function withBackwardWays(kernel: KernelSpec<Sizes>): KernelSpec<Sizes> {
  const alternatives = tilesOf(kernel, {
    source: inPlaceOf(backwardWgsl, backwardTilesWgsl, kernel.source),
    suits: ({ columns, outputs }) => outputs % TILE_DEPTH === 0 && columns % 4 === 0,
    width: ({ columns }) => columns,
  })
  return { ...kernel, alternatives, trial }
}

/** `width`: numbers in a row of the result. */
function tilesOf(
  kernel: KernelSpec<Sizes>,
  { source, suits, width }: Pick<Alternative<Sizes>, 'source' | 'suits'> & { width: (shape: Sizes) => number },
): Alternative<Sizes>[] {
  return ([64, 32] as const).map((tileRows) => ({
    way: `tiles${tileRows}` as const,
    needsSubgroups: false,
    isExact: true,
    suits: (shape) => shape.rows >= LEAST_TILE_ROWS && suits(shape),
    source,
    constants: (shape) => ({ ...kernel.constants(shape), THREAD_ROWS: tileRows / TILE_THREADS_HIGH }),
    workgroups: (shape) => [Math.ceil(width(shape) / TILE_WIDTH), Math.ceil(shape.rows / tileRows), 1],
  }))
}

export function withMatvecWays(kernel: KernelSpec<Sizes>): KernelSpec<Sizes> {
  const lanes: Alternative<Sizes> = {
    way: 'lanes',
    needsSubgroups: false,
    isExact: false,
    suits: ({ columns }) => columns >= LEAST_SHARED_COLUMNS,
    source: [...inPlaceOf(matvecWgsl, matvecLanesWgsl, kernel.source), matvecSharedWgsl],
    constants: (shape) => kernel.constants(shape),
    workgroups: ({ outputs }) => gridOf(Math.ceil(outputs / MATVEC_GROUP_OUTPUTS)),
  }
  const subgroups: Alternative<Sizes> = {
    ...lanes,
    way: 'subgroups',
    needsSubgroups: true,
    source: ['enable subgroups;', ...inPlaceOf(matvecWgsl, matvecSubgroupsWgsl, kernel.source), matvecSharedWgsl],
  }
  return { ...kernel, alternatives: [lanes, subgroups], trial }
}

function inPlaceOf(text: string, other: string, source: readonly string[]): readonly string[] {
  return source.map((one) => (one === text ? other : one))
}

const MOST_TRIAL_ROWS = 512
const MOST_TRIAL_WIDTH = 2048

/** Enough to fill a GPU, a few megabytes, and one for all the parts and chunks of a head. */
function trial({ rows, columns, outputs, rank }: Sizes): Sizes {
  const sizes = linearSizes({
    rows: Math.min(rows, MOST_TRIAL_ROWS),
    columns: Math.min(columns, MOST_TRIAL_WIDTH),
    outputs: Math.min(outputs, MOST_TRIAL_WIDTH),
  })
  return { ...sizes, rank, accumulate: 0 }
}
