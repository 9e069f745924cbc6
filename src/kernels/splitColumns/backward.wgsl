// Columns in three equal parts, backward: the parts' gradients side by side. One invocation per element of a part, or per
// four.
//
// d_first, d_second, d_third  [ROWS, COUNT]
// dx                          [ROWS, 3 * COUNT], added to when ACCUMULATE is 1

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COUNT : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> d_first : array<Elements>;
@group(0) @binding(1) var<storage, read> d_second : array<Elements>;
@group(0) @binding(2) var<storage, read> d_third : array<Elements>;
@group(0) @binding(3) var<storage, read_write> dx : array<Elements>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  let packs = COUNT / ELEMENTS;
  if (i >= ROWS * packs) { return; }
  let at = i / packs * 3u * packs + i % packs;
  if (ACCUMULATE == 1u) {
    dx[at] += d_first[i];
    dx[at + packs] += d_second[i];
    dx[at + 2u * packs] += d_third[i];
  } else {
    dx[at] = d_first[i];
    dx[at + packs] = d_second[i];
    dx[at + 2u * packs] = d_third[i];
  }
}
