// Copies one row of a matrix, chosen by a counter: the last real row of a padded prefill block.
//
//   y[c] = x[counters[SELECTED_ROW], c]
//
// x [ROWS, COLUMNS], y [COLUMNS]

override ROWS : u32;
override COLUMNS : u32;

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read> counters : array<u32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= COLUMNS) { return; }
  let row = min(counters[SELECTED_ROW], ROWS - 1u);
  y[id.x] = x[row * COLUMNS + id.x];
}
