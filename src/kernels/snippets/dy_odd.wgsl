// The gradient at the output of a linear layer, [ROWS, ALL_OUTPUTS] of any size; zeros beyond the last output of
// this part.

fn stride_of_dy() -> u32 { return sizes.all_outputs; }

@group(0) @binding(0) var<storage, read> dy : array<f32>;

fn dy_or_zero(at : u32, output : u32) -> f32 {
  return select(0.0, dy[at + sizes.first_output + output], output < sizes.outputs);
}

fn load_dy(at : u32, output4 : u32) -> vec4f {
  let n = 4u * output4;
  return vec4f(dy_or_zero(at, n), dy_or_zero(at, n + 1u), dy_or_zero(at, n + 2u), dy_or_zero(at, n + 3u));
}
