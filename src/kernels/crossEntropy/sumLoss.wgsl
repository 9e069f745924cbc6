// The loss of a micro-batch, into its row of the metrics ring. One workgroup.
//
//   metrics[counters[RING_ROW], METRIC_LOSS] = scalars[LOSS_SCALE] * sum_r row_loss[r]
//
// row_loss  [ROWS]
// metrics   [ring rows, RING_FIELDS]; the other fields are left alone

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;

@group(0) @binding(0) var<storage, read> row_loss : array<f32>;
@group(0) @binding(1) var<storage, read> scalars : array<f32>;
@group(0) @binding(2) var<storage, read> counters : array<u32>;
@group(0) @binding(3) var<storage, read_write> metrics : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane : u32) {
  var part = 0.0;
  for (var r = lane; r < ROWS; r += WORKGROUP_SIZE) { part += row_loss[r]; }
  let sum = workgroup_sum(lane, part);
  if (lane == 0u) { metrics[counters[RING_ROW] * RING_FIELDS + METRIC_LOSS] = scalars[LOSS_SCALE] * sum; }
}
