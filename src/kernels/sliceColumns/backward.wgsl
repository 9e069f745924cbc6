// A range of columns, backward. One invocation per element of dx.
//
//   dx[r,c] (+)= dy[r, c - START] within the range, 0 beside it
//
// dy  [ROWS, COUNT]
// dx  [ROWS, COLUMNS], added to when ACCUMULATE is 1

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override START : u32;
override COUNT : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> dy : array<f32>;
@group(0) @binding(1) var<storage, read_write> dx : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= ROWS * COLUMNS) { return; }
  let column = i % COLUMNS;
  let is_inside = column >= START && column < START + COUNT;
  if (is_inside) {
    let value = dy[i / COLUMNS * COUNT + column - START];
    if (ACCUMULATE == 1u) { dx[i] += value; } else { dx[i] = value; }
  } else if (ACCUMULATE == 0u) {
    dx[i] = 0.0;
  }
}
