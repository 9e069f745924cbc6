// Sum over a workgroup, the same for every lane and the same on every run: a tree, not atomics.
// The including kernel declares WORKGROUP_SIZE, a power of two.

var<workgroup> partial_sums : array<f32, WORKGROUP_SIZE>;

fn workgroup_sum(lane : u32, value : f32) -> f32 {
  workgroupBarrier(); // the array may still be read by an earlier call
  partial_sums[lane] = value;
  workgroupBarrier();
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    if (lane < half) { partial_sums[lane] += partial_sums[lane + half]; }
    workgroupBarrier();
  }
  return partial_sums[0];
}
