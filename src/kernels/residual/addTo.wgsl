// total += part. One invocation per element, or per four.
//
// part, total  [COUNT]

override WORKGROUP_SIZE : u32 = 64u;
override COUNT : u32;

@group(0) @binding(0) var<storage, read> part : array<Elements>;
@group(0) @binding(1) var<storage, read_write> total : array<Elements>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i < COUNT / ELEMENTS) { total[i] += part[i]; }
}
