// Embedding lookup. One invocation per element.
//
//   y[r,c] = table[tokens[r], c]
//
// tokens  [ROWS]; an id that is out of range reads the last row
// table   [VOCABULARY, COLUMNS]
// y       [ROWS, COLUMNS]

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override VOCABULARY : u32;

@group(0) @binding(0) var<storage, read> tokens : array<u32>;
@group(0) @binding(1) var<storage, read> table : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= ROWS * COLUMNS) { return; }
  let token = min(tokens[i / COLUMNS], VOCABULARY - 1u);
  y[i] = table[token * COLUMNS + i % COLUMNS];
}
