// Cross-entropy of every row with its label, and its gradient in place of the logits. One workgroup per row.
//
//   row_loss[r] = log(sum_c exp(logits[r,c])) - logits[r, labels[r]]
//   logits[r,c] = scalars[LOSS_SCALE] * (softmax(logits[r])[c] - (c == labels[r]))
//
// Both are 0 for ignored rows.
//
// logits    [ROWS, COLUMNS]; holds the gradient afterwards
// labels    [ROWS]; a label that is no column marks its row as ignored
// row_loss  [ROWS]
//
// In place as in Liger Kernel, Hsu et al. 2024, https://arxiv.org/abs/2410.10989, section 3.2.

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;

@group(0) @binding(0) var<storage, read_write> logits : array<f32>;
@group(0) @binding(1) var<storage, read> labels : array<u32>;
@group(0) @binding(2) var<storage, read> scalars : array<f32>;
@group(0) @binding(3) var<storage, read_write> row_loss : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let row = group.y * grid.x + group.x;
  if (row >= ROWS) { return; }
  let start = row * COLUMNS;
  let label = labels[row];
  if (label >= COLUMNS) {
    for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) { logits[start + c] = 0.0; }
    if (lane == 0u) { row_loss[row] = 0.0; }
    return;
  }
  let normalizer = row_log_sum_exp(start, lane);
  let scale = scalars[LOSS_SCALE];
  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) {
    let logit = logits[start + c];
    let probability = exp(logit - normalizer);
    if (c == label) {
      row_loss[row] = normalizer - logit; // by the one lane that reads this logit before it is gone
      logits[start + c] = scale * (probability - 1.0);
    } else {
      logits[start + c] = scale * probability;
    }
  }
}
