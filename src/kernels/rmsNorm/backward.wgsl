// RMSNorm, backward to x. One workgroup per row. The weight is frozen and gets no gradient.
//
//   dot[r]  = sum_c dy[r,c] * weight[c] * x[r,c]
//   dx[r,c] = inv_rms[r] * (dy[r,c] * weight[c] - x[r,c] * inv_rms[r]^2 * dot[r] / COLUMNS)
//
// x, dy, dx  [ROWS, COLUMNS]; dx is added to when ACCUMULATE is 1
// weight     [COLUMNS]
// inv_rms    [ROWS], from the forward pass

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read> weight : array<f32>;
@group(0) @binding(2) var<storage, read> inv_rms : array<f32>;
@group(0) @binding(3) var<storage, read> dy : array<f32>;
@group(0) @binding(4) var<storage, read_write> dx : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let row = group.y * grid.x + group.x;
  if (row >= ROWS) { return; } // the 2-D grid can be larger than ROWS
  let start = row * COLUMNS;

  var products = 0.0;
  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) {
    products += dy[start + c] * weight[c] * x[start + c];
  }
  let scale = inv_rms[row];
  let pull = workgroup_sum(lane, products) * scale * scale / f32(COLUMNS);

  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) {
    let value = scale * (dy[start + c] * weight[c] - x[start + c] * pull);
    if (ACCUMULATE == 1u) { dx[start + c] += value; } else { dx[start + c] = value; }
  }
}
