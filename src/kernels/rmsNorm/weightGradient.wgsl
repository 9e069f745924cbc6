// RMSNorm, backward to its weight. One invocation per column, over all rows in their order.
//
//   dw[c] += sum_r dy[r,c] * x[r,c] * inv_rms[r]
//
// x, dy    [ROWS, COLUMNS]
// inv_rms  [ROWS], from the forward pass
// dw       [COLUMNS]; added to when ACCUMULATE is 1

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read> inv_rms : array<f32>;
@group(0) @binding(2) var<storage, read> dy : array<f32>;
@group(0) @binding(3) var<storage, read_write> dw : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let column = group.x * WORKGROUP_SIZE + lane;
  if (column >= COLUMNS) { return; }
  var sum = 0.0;
  for (var row = 0u; row < ROWS; row++) {
    let i = row * COLUMNS + column;
    sum += dy[i] * x[i] * inv_rms[row];
  }
  if (ACCUMULATE == 1u) { dw[column] += sum; } else { dw[column] = sum; }
}
