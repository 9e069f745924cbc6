// Causal attention of a block of new rows over the key/value cache. See attend.wgsl for the formulas and
// the tiling. Query row i stands at position counters[CACHE_POSITION] + i and sees the cache up to there.
//
// q, output  [QUERIES, HEADS, D]
// k, v       [KEYS, KEY_VALUE_HEADS, D], KEYS being the capacity of the cache

@group(0) @binding(0) var<storage, read> q : array<Pack>;
@group(0) @binding(1) var<storage, read> k : array<Pack>;
@group(0) @binding(2) var<storage, read> v : array<Pack>;
@group(0) @binding(3) var<storage, read> counters : array<u32>;
@group(0) @binding(4) var<storage, read_write> output : array<Pack>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let index = group.y * grid.x + group.x;
  if (index >= TILES * HEADS) { return; }
  _ = attend(0u, index % HEADS, TILES - 1u - index / HEADS, counters[CACHE_POSITION], lane);
}

/// A cache holds one text.
fn first_visible(batch : u32, row : u32) -> u32 {
  return 0u;
}
