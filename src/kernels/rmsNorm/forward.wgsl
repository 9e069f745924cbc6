// RMSNorm, forward. One workgroup per row.
//
//   inv_rms[r] = 1 / sqrt(mean_c(x[r,c]^2) + EPSILON)
//   y[r,c]     = x[r,c] * inv_rms[r] * weight[c]
//
// x, y     [ROWS, COLUMNS]
// weight   [COLUMNS]
// inv_rms  [ROWS], kept for the backward pass
//
// Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467 (EPSILON as in Llama).

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override EPSILON : f32;

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read> weight : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;
@group(0) @binding(3) var<storage, read_write> inv_rms : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let row = group.y * grid.x + group.x;
  if (row >= ROWS) { return; } // the 2-D grid can be larger than ROWS
  let start = row * COLUMNS;

  var squares = 0.0;
  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) {
    let value = x[start + c];
    squares += value * value;
  }
  let scale = inverseSqrt(workgroup_sum(lane, squares) / f32(COLUMNS) + EPSILON);

  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) {
    y[start + c] = x[start + c] * scale * weight[c];
  }
  if (lane == 0u) { inv_rms[row] = scale; }
}
