// Largest value of a workgroup, the same for every lane. Two levels instead of a tree: barriers cost more
// than the few loads they save, above all on software adapters.
// The including kernel declares WORKGROUP_SIZE, a multiple of 16.

var<workgroup> lane_maxima : array<f32, WORKGROUP_SIZE>;
var<workgroup> partial_maxima : array<f32, 16>;

fn workgroup_max(lane : u32, value : f32) -> f32 {
  lane_maxima[lane] = value; // readers of an earlier call have passed its second barrier
  workgroupBarrier();
  if (lane < 16u) {
    var largest = lane_maxima[lane];
    for (var other = lane + 16u; other < WORKGROUP_SIZE; other += 16u) { largest = max(largest, lane_maxima[other]); }
    partial_maxima[lane] = largest;
  }
  workgroupBarrier();
  var largest = partial_maxima[0];
  for (var part = 1u; part < 16u; part++) { largest = max(largest, partial_maxima[part]); }
  return largest;
}
