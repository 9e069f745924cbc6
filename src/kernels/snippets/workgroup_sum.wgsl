// Sum over a workgroup, the same for every lane and the same on every run. Two levels instead of a tree: barriers cost
// more than the few loads they save, above all on software adapters.
// The including kernel declares WORKGROUP_SIZE, a multiple of 16.

var<workgroup> lane_sums : array<f32, WORKGROUP_SIZE>;
var<workgroup> partial_sums : array<f32, 16>;

fn workgroup_sum(lane : u32, value : f32) -> f32 {
  lane_sums[lane] = value; // readers of an earlier call have passed its second barrier
  workgroupBarrier();
  if (lane < 16u) {
    var sum = lane_sums[lane];
    for (var other = lane + 16u; other < WORKGROUP_SIZE; other += 16u) { sum += lane_sums[other]; }
    partial_sums[lane] = sum;
  }
  workgroupBarrier();
  var sum = partial_sums[0];
  for (var part = 1u; part < 16u; part++) { sum += partial_sums[part]; }
  return sum;
}
