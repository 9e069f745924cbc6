// Sums over a row, where a workgroup takes several rows and each has ROW_LANES neighbouring lanes; see rowTiling.ts.
// One barrier, and every lane adds up its row's values by itself: always in the same order. Between two calls there must
// be a barrier, since lanes of the first may still be reading.

override ROW_LANES : u32;

const WORKGROUP_SIZE = 32u;

var<workgroup> lane_values : array<f32, WORKGROUP_SIZE>;

fn row_sum(lane : u32, value : f32) -> f32 {
  lane_values[lane] = value;
  workgroupBarrier();
  let first = lane / ROW_LANES * ROW_LANES;
  var sum = 0.0;
  for (var other = first; other < first + ROW_LANES; other++) { sum += lane_values[other]; }
  return sum;
}
