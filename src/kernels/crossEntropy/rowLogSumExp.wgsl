// log(sum_c exp(logits[start + c])) of one row of COLUMNS logits, by a whole workgroup, stable and in one
// pass: each lane keeps the largest logit it has seen and the sum relative to it, and these pairs merge in
// two levels (not a tree: barriers cost more than the few loads they save). Call it once.
// The including kernel declares logits, COLUMNS and WORKGROUP_SIZE, a multiple of 16.

var<workgroup> lane_sums : array<vec2f, WORKGROUP_SIZE>; // largest logit, sum of exp(logit - largest)
var<workgroup> partial_sums : array<vec2f, 16>;

fn row_log_sum_exp(start : u32, lane : u32) -> f32 {
  var largest = -1e30; // below every logit, yet finite
  var sum = 0.0;
  for (var c = lane; c < COLUMNS; c += WORKGROUP_SIZE) {
    let logit = logits[start + c];
    if (logit > largest) {
      sum = sum * exp(largest - logit) + 1.0;
      largest = logit;
    } else {
      sum += exp(logit - largest);
    }
  }
  lane_sums[lane] = vec2f(largest, sum);
  workgroupBarrier();
  if (lane < 16u) {
    var part = lane_sums[lane];
    for (var other = lane + 16u; other < WORKGROUP_SIZE; other += 16u) { part = merge(part, lane_sums[other]); }
    partial_sums[lane] = part;
  }
  workgroupBarrier();
  var total = partial_sums[0];
  for (var other = 1u; other < 16u; other++) { total = merge(total, partial_sums[other]); }
  return total.x + log(total.y);
}

fn merge(a : vec2f, b : vec2f) -> vec2f {
  let largest = max(a.x, b.x);
  return vec2f(largest, a.y * exp(a.x - largest) + b.y * exp(b.x - largest));
}
