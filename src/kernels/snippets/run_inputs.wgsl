// Indexes into the scalars, the counters and a row of the metrics ring: see kernels/runInputs.ts.

const LOSS_SCALE = 0u;
const LEARNING_RATE = 1u;
const FIRST_MOMENT_CORRECTION = 2u;
const SECOND_MOMENT_CORRECTION = 3u;

const SEED = 0u;
const MICRO_STEP = 1u;
const CACHE_POSITION = 2u;
const RING_ROW = 3u;
const SELECTED_ROW = 4u;

const RING_FIELDS = 4u;
const METRIC_LOSS = 0u;
const METRIC_GRADIENT_NORM = 1u;
const METRIC_IS_FINITE = 2u;
