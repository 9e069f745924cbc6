// Sum of squares of all gradients, first half: one partial sum for each workgroup.
//
// gradients  [COUNT]
// partials   [GROUPS, 2]: the sum over the finite gradients, and 1 when some were not finite
//
// A value is tested by its bits: compilers may assume that there are no NaNs and drop `x != x`.

override COUNT : u32;
override GROUPS : u32;

const WORKGROUP_SIZE = 256u;

@group(0) @binding(0) var<storage, read> gradients : array<f32>;
@group(0) @binding(1) var<storage, read_write> partials : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  var squares = 0.0;
  var strays = 0.0;
  for (var i = group.x * WORKGROUP_SIZE + lane; i < COUNT; i += GROUPS * WORKGROUP_SIZE) {
    let value = gradients[i];
    if (is_finite(value)) { squares += value * value; } else { strays = 1.0; }
  }
  let sum = workgroup_sum(lane, squares);
  let stray_count = workgroup_sum(lane, strays);
  if (lane == 0u) {
    partials[2u * group.x] = sum;
    partials[2u * group.x + 1u] = min(stray_count, 1.0);
  }
}
