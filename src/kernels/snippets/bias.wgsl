// The bias of a linear layer, [OUTPUTS].

@group(0) @binding(AFTER_ADAPTER) var<storage, read> bias : array<f32>;

const AFTER_BIAS = AFTER_ADAPTER + 1u;

fn load_bias(output : u32) -> f32 { return bias[output]; }
