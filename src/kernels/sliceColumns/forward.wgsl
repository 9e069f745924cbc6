// A range of columns, as a matrix of its own. One invocation per element.
//
//   y[r,c] = x[r, START + c]
//
// x  [ROWS, COLUMNS]
// y  [ROWS, COUNT]

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override START : u32;
override COUNT : u32;

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= ROWS * COUNT) { return; }
  y[i] = x[i / COUNT * COLUMNS + START + i % COUNT];
}
