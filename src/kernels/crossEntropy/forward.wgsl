// Cross-entropy of every row with its label. One workgroup per row.
//
//   row_loss[r] = log(sum_c exp(logits[r,c])) - logits[r, labels[r]],   0 for ignored rows
//
// logits    [ROWS, COLUMNS]
// labels    [ROWS]; a label that is no column marks its row as ignored
// row_loss  [ROWS]

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;

@group(0) @binding(0) var<storage, read> logits : array<f32>;
@group(0) @binding(1) var<storage, read> labels : array<u32>;
@group(0) @binding(2) var<storage, read_write> row_loss : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let row = group.y * grid.x + group.x;
  if (row >= ROWS) { return; }
  let label = labels[row];
  if (label >= COLUMNS) {
    if (lane == 0u) { row_loss[row] = 0.0; }
    return;
  }
  let normalizer = row_log_sum_exp(row * COLUMNS, lane);
  if (lane == 0u) { row_loss[row] = normalizer - logits[row * COLUMNS + label]; }
}
