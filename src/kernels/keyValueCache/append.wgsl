// Writes new keys and values behind those the cache holds already. One invocation per element of k.
//
//   keys[counters[CACHE_POSITION] + r, c]   = k[r,c]
//   values[counters[CACHE_POSITION] + r, c] = v[r,c]
//
// k, v          [ROWS, COLUMNS]
// keys, values  [CAPACITY, COLUMNS]; rows that do not fit are dropped

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override CAPACITY : u32;

@group(0) @binding(0) var<storage, read> k : array<f32>;
@group(0) @binding(1) var<storage, read> v : array<f32>;
@group(0) @binding(2) var<storage, read> counters : array<u32>;
@group(0) @binding(3) var<storage, read_write> keys : array<f32>;
@group(0) @binding(4) var<storage, read_write> values : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  let row = counters[CACHE_POSITION] + i / COLUMNS;
  if (i < ROWS * COLUMNS && row < CAPACITY) {
    let to = row * COLUMNS + i % COLUMNS;
    keys[to] = k[i];
    values[to] = v[i];
  }
}
