// Embedding lookup, backward to the table: the gradient of a token's row is the sum over the places where it stands.
// One invocation per column, over all rows in their order, so that no two invocations meet and the sum is always the
// same.
//
//   dtable[tokens[r],c] += dy[r,c]
//
// tokens  [ROWS]; an id of VOCABULARY or more reads the last row there is
// dy      [ROWS, COLUMNS]
// dtable  [VOCABULARY, COLUMNS]; always added to

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override VOCABULARY : u32;

@group(0) @binding(0) var<storage, read> tokens : array<u32>;
@group(0) @binding(1) var<storage, read> dy : array<f32>;
@group(0) @binding(2) var<storage, read_write> dtable : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let column = group.x * WORKGROUP_SIZE + lane;
  if (column >= COLUMNS) { return; }
  for (var row = 0u; row < ROWS; row++) {
    let token = min(tokens[row], VOCABULARY - 1u);
    dtable[token * COLUMNS + column] += dy[row * COLUMNS + column];
  }
}
