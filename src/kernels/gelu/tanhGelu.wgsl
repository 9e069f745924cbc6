// The inner part of the tanh form of GELU. WGSL's tanh may overflow for large arguments; at 10 it is 1 to
// the last bit of a float.

const SQRT_2_OVER_PI = 0.7978845608028654;
const CUBIC = 0.044715;

fn gelu_tanh(x : f32) -> f32 {
  return tanh(clamp(SQRT_2_OVER_PI * (x + CUBIC * x * x * x), -10.0, 10.0));
}
