// Linear layer, forward, for at most 8 rows, a row of the weight shared by 32 lanes: an alternative to matvec.wgsl, which has the
// formula.
//
// Neighbouring lanes read neighbouring groups of 4 columns, so that a GPU fetches whole lines at once and has many times the
// threads to hide its latency with. What the lanes have summed is added in a tree, which takes five barriers: dear on a software
// adapter.

const LANES = 32u;
const WORKGROUP_SIZE = 128u; // 4 outputs

var<workgroup> lane_sums : array<f32, 8u * WORKGROUP_SIZE>; // a row after the other

fn keep(row : u32, thread : u32, sum : vec4f) {
  lane_sums[row * WORKGROUP_SIZE + thread] = sum.x + sum.y + sum.z + sum.w;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let lane = thread % LANES;
  let output = (group.y * grid.x + group.x) * (WORKGROUP_SIZE / LANES) + thread / LANES;
  let n = min(output, sizes.outputs - 1u);
  let sums = sums_of(n, lane, LANES, (sizes.columns + 3u) / 4u, RANK4);

  keep(0u, thread, sums.r0);
  if (ROWS > 1u) { keep(1u, thread, sums.r1); }
  if (ROWS > 2u) { keep(2u, thread, sums.r2); }
  if (ROWS > 3u) { keep(3u, thread, sums.r3); }
  if (ROWS > 4u) { keep(4u, thread, sums.r4); }
  if (ROWS > 5u) { keep(5u, thread, sums.r5); }
  if (ROWS > 6u) { keep(6u, thread, sums.r6); }
  if (ROWS > 7u) { keep(7u, thread, sums.r7); }
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      for (var at = thread; at < ROWS * WORKGROUP_SIZE; at += WORKGROUP_SIZE) { lane_sums[at] += lane_sums[at + half]; }
    }
  }
  workgroupBarrier();

  // The sums of an output lie at its first lane; each is written by a lane of its own.
  if (lane < ROWS && output < sizes.outputs) { put(lane, output, lane_sums[lane * WORKGROUP_SIZE + thread - lane]); }
}
