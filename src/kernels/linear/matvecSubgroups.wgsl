// Linear layer, forward, for at most 8 rows, a row of the weight shared by a subgroup: an alternative to matvec.wgsl, which has the
// formula. As matvecLanes.wgsl, but the lanes' sums are added without workgroup memory or barriers.
//
// For subgroups of any size: a workgroup has 4 outputs, and each of its subgroups takes the next until they are all done. Subgroups
// are taken to be runs of neighbouring lanes, which no specification promises: a device where they are not is found out by
// its result.

const OUTPUTS = 4u;
const WORKGROUP_SIZE = 128u;

/// All lanes take part in the sum, one writes it.
fn store(row : u32, output : u32, writes : bool, sum : vec4f) {
  let total = subgroupAdd(sum.x + sum.y + sum.z + sum.w);
  if (writes) { put(row, output, total); }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) thread : u32,
  @builtin(subgroup_size) subgroup_size : u32,
  @builtin(subgroup_invocation_id) lane : u32,
) {
  let lanes = min(subgroup_size, WORKGROUP_SIZE);
  let subgroup = thread / lanes;
  let first_output = (group.y * grid.x + group.x) * OUTPUTS;

  for (var turn = 0u; turn < OUTPUTS; turn += WORKGROUP_SIZE / lanes) {
    // Where there are more subgroups than outputs, the rest have nothing to add, but take part.
    let has_output = turn + subgroup < OUTPUTS;
    let output = first_output + turn + subgroup;
    let n = min(output, sizes.outputs - 1u);
    let columns4 = select(0u, (sizes.columns + 3u) / 4u, has_output);
    let sums = sums_of(n, lane, lanes, columns4, select(0u, RANK4, has_output));

    let writes = lane == 0u && has_output && output < sizes.outputs;
    store(0u, output, writes, sums.r0);
    if (ROWS > 1u) { store(1u, output, writes, sums.r1); }
    if (ROWS > 2u) { store(2u, output, writes, sums.r2); }
    if (ROWS > 3u) { store(3u, output, writes, sums.r3); }
    if (ROWS > 4u) { store(4u, output, writes, sums.r4); }
    if (ROWS > 5u) { store(5u, output, writes, sums.r5); }
    if (ROWS > 6u) { store(6u, output, writes, sums.r6); }
    if (ROWS > 7u) { store(7u, output, writes, sums.r7); }
  }
}
