// Writes new rows behind those the cache holds already. One invocation per element.
//
//   cache[counters[CACHE_POSITION] + r, c] = rows[r,c]
//
// rows   [ROWS, COLUMNS]
// cache  [CAPACITY, COLUMNS]; rows that do not fit are dropped

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override CAPACITY : u32;

@group(0) @binding(0) var<storage, read> rows : array<f32>;
@group(0) @binding(1) var<storage, read> counters : array<u32>;
@group(0) @binding(2) var<storage, read_write> cache : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  let row = counters[CACHE_POSITION] + i / COLUMNS;
  if (i < ROWS * COLUMNS && row < CAPACITY) { cache[row * COLUMNS + i % COLUMNS] = rows[i]; }
}
