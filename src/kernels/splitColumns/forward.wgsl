// Columns in three equal parts, each a matrix of its own. One invocation per element of a part, or per four.
//
//   first[r,c] = x[r, c], second[r,c] = x[r, COUNT + c], third[r,c] = x[r, 2 COUNT + c]
//
// x                     [ROWS, 3 * COUNT]
// first, second, third  [ROWS, COUNT]

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COUNT : u32;

@group(0) @binding(0) var<storage, read> x : array<Elements>;
@group(0) @binding(1) var<storage, read_write> first : array<Elements>;
@group(0) @binding(2) var<storage, read_write> second : array<Elements>;
@group(0) @binding(3) var<storage, read_write> third : array<Elements>;

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
  first[i] = x[at];
  second[i] = x[at + packs];
  third[i] = x[at + 2u * packs];
}
