// Marks on the browser's own timeline (User Timing): its profiler shows them between everything else that happened, and
// `npm run bench:page` reads the way from a click to the first loss from them. A handful for each run, never one a step.

export type Milestone =
  | 'device ready'
  | 'corpus ready'
  | 'model ready'
  | 'run recorded'
  | 'run built'
  | 'step 1'
  | 'validation 0'
  | 'sample 0'

export function mark(milestone: Milestone): void {
  performance.mark(`plume: ${milestone}`)
}
