// Norm of all gradients, second half: from the partial sums to what AdamW and the loss chart need.
// One workgroup.
//
//   norm   = sqrt(sum of the partial sums)
//   factor = min(1, MAX_NORM / (norm + 1e-6)), or 1 when MAX_NORM is 0
//
// partials  [PARTS, 2], from squares.wgsl
// counters  where the row of the metrics ring stands
// clip      [4]: norm, factor, 1 when everything was finite else 0, 0
// metrics   the ring; two fields of one row are written
//
// The factor is that of torch.nn.utils.clip_grad_norm_.

override PARTS : u32;
override MAX_NORM : f32;

const WORKGROUP_SIZE = 64u;

@group(0) @binding(0) var<storage, read> partials : array<f32>;
@group(0) @binding(1) var<storage, read> counters : array<u32>;
@group(0) @binding(2) var<storage, read_write> clip : array<f32>;
@group(0) @binding(3) var<storage, read_write> metrics : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane : u32) {
  var squares = 0.0;
  var strays = 0.0;
  for (var i = lane; i < PARTS; i += WORKGROUP_SIZE) {
    squares += partials[2u * i];
    strays += partials[2u * i + 1u];
  }
  let sum = workgroup_sum(lane, squares);
  let stray_count = workgroup_sum(lane, strays);
  if (lane != 0u) { return; }

  // Squares of finite gradients can still overflow.
  let all_finite = stray_count == 0.0 && is_finite(sum);
  let norm = sqrt(sum);
  var factor = 1.0;
  if (MAX_NORM > 0.0) { factor = min(1.0, MAX_NORM / (norm + 1e-6)); }
  clip[0] = norm;
  clip[1] = factor;
  clip[2] = select(0.0, 1.0, all_finite);
  clip[3] = 0.0;
  let row = counters[RING_ROW] * RING_FIELDS;
  metrics[row + METRIC_GRADIENT_NORM] = norm;
  metrics[row + METRIC_IS_FINITE] = select(0.0, 1.0, all_finite);
}
