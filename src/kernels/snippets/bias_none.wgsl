// No bias.

const AFTER_BIAS = AFTER_ADAPTER;

fn load_bias(output : u32) -> f32 { return 0.0; }
