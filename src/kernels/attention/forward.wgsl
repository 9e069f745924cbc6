// Causal attention over whole sequences, forward. See attend.wgsl for the formulas and the tiling.
//
// q, output    [BATCH, QUERIES, HEADS, D]
// k, v         [BATCH, KEYS, KEY_VALUE_HEADS, D], with KEYS = QUERIES
// positions    [BATCH, QUERIES]: where a row stands in its text; it sees that many rows before it
// statistics   [BATCH, HEADS, QUERIES, 2], kept for the backward pass: the log-sum-exp, and what that puts beside it

@group(0) @binding(0) var<storage, read> q : array<Pack>;
@group(0) @binding(1) var<storage, read> k : array<Pack>;
@group(0) @binding(2) var<storage, read> v : array<Pack>;
@group(0) @binding(3) var<storage, read> positions : array<u32>;
@group(0) @binding(4) var<storage, read_write> output : array<Pack>;
@group(0) @binding(5) var<storage, read_write> statistics : array<vec2f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let index = group.y * grid.x + group.x;
  if (index >= TILES * BATCH * HEADS) { return; }
  let tile = TILES - 1u - index / (BATCH * HEADS); // the longest first: they end last
  let batch_head = index % (BATCH * HEADS);

  let result = attend(batch_head / HEADS, batch_head % HEADS, tile, 0u, lane);

  let row = tile * ROWS_PER_TILE + 4u * (lane / PACK_LANES);
  if (lane % PACK_LANES == 0u) {
    for (var i = 0u; i < 4u; i++) {
      if (row + i < QUERIES) { statistics[batch_head * QUERIES + row + i] = vec2f(result[i], 0.0); }
    }
  }
}

fn first_visible(batch : u32, row : u32) -> u32 {
  return row - min(row, positions[batch * QUERIES + row]);
}
