// The gradient at the output of a linear layer, [ROWS, ALL_OUTPUTS] of any size; zeros beyond the last output of
// this part. See dy.wgsl.

@group(0) @binding(0) var<storage, read> dy : array<f32>;

fn start_of_dy(row : u32, plane : u32) -> u32 { return row_of_plane(row, plane); }

fn dy_or_zero(at : u32, output : u32) -> f32 { return select(0.0, dy[at + output], output < sizes.outputs); }

fn load_dy(at : u32, output4 : u32) -> vec4f {
  let n = 4u * output4;
  return vec4f(dy_or_zero(at, n), dy_or_zero(at, n + 1u), dy_or_zero(at, n + 2u), dy_or_zero(at, n + 3u));
}
