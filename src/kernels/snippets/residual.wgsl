// What the output of a linear layer is added to, [ROWS, ALL_OUTPUTS]: the residual connection without a step of its own.
// `at` is where the output lies in y.

@group(0) @binding(AFTER_BIAS) var<storage, read> residual : array<f32>;

const AFTER_RESIDUAL = AFTER_BIAS + 1u;

fn with_residual(at : u32, value : f32) -> f32 { return residual[at] + value; }
