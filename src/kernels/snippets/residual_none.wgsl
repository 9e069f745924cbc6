// No residual connection.

const AFTER_RESIDUAL = AFTER_BIAS;

fn with_residual(at : u32, value : f32) -> f32 { return value; }
