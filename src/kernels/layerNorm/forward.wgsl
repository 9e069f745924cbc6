// LayerNorm, forward. One workgroup per row.
//
//   mean[r]    = mean_c(x[r,c])
//   inv_std[r] = 1 / sqrt(mean_c((x[r,c] - mean[r])^2) + EPSILON)
//   y[r,c]     = (x[r,c] - mean[r]) * inv_std[r] * weight[c] + bias[c]
//
// x, y          [ROWS, COLUMNS]
// weight, bias  [COLUMNS]
// statistics    [ROWS, 2]: mean and inv_std, kept for the backward pass
//
// Two passes over x: the mean of squares minus the squared mean would lose the digits that matter.
//
// Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450.

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override EPSILON : f32;

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read> weight : array<f32>;
@group(0) @binding(2) var<storage, read> bias : array<f32>;
@group(0) @binding(3) var<storage, read_write> y : array<f32>;
@group(0) @binding(4) var<storage, read_write> statistics : array<vec2f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let row = group.y * grid.x + group.x;
  if (row >= ROWS) { return; } // the 2-D grid can be larger than ROWS
  let start = row * COLUMNS;

  var sum = 0.0;
  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) { sum += x[start + c]; }
  let mean = workgroup_sum(lane, sum) / f32(COLUMNS);

  var squares = 0.0;
  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) {
    let centered = x[start + c] - mean;
    squares += centered * centered;
  }
  let inv_std = inverseSqrt(workgroup_sum(lane, squares) / f32(COLUMNS) + EPSILON);

  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) {
    y[start + c] = (x[start + c] - mean) * inv_std * weight[c] + bias[c];
  }
  if (lane == 0u) { statistics[row] = vec2f(mean, inv_std); }
}
