// Largest value of a workgroup, the same for every lane.
// The including kernel declares WORKGROUP_SIZE, a power of two.

var<workgroup> partial_maxima : array<f32, WORKGROUP_SIZE>;

fn workgroup_max(lane : u32, value : f32) -> f32 {
  workgroupBarrier(); // the array may still be read by an earlier call
  partial_maxima[lane] = value;
  workgroupBarrier();
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    if (lane < half) { partial_maxima[lane] = max(partial_maxima[lane], partial_maxima[lane + half]); }
    workgroupBarrier();
  }
  return partial_maxima[0];
}
