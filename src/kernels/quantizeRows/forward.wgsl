// Activations to int8, for products of integers. One invocation for each group of blocks that share a scale.
//
//   scales[r,b] = max |x[r,c]| / 127   over the columns c of the group that block b of 32 is in
//   values[r,c] = round(x[r,c] / scales[r,b])
//
// x       [ROWS, COLUMNS], COLUMNS a multiple of 32
// values  [ROWS, COLUMNS], four to a word
// scales  [ROWS, COLUMNS / 32]: a scale for every block, also where blocks share it

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override GROUP_BLOCKS : u32;

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read_write> values : array<u32>;
@group(0) @binding(2) var<storage, read_write> scales : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= ROWS * COLUMNS / (32u * GROUP_BLOCKS)) { return; }
  let first = i * GROUP_BLOCKS * 8u;
  let end = first + GROUP_BLOCKS * 8u;

  var largest = vec4f();
  for (var k = first; k < end; k++) { largest = max(largest, abs(x[k])); }
  let scale = max(max(largest.x, largest.y), max(largest.z, largest.w)) / 127.0;
  let inverse = select(0.0, 1.0 / scale, scale > 0.0);
  for (var k = first; k < end; k++) {
    let q = vec4u(vec4i(round(x[k] * inverse))) & vec4u(255u);
    values[k] = q.x | (q.y << 8u) | (q.z << 16u) | (q.w << 24u);
  }
  for (var b = i * GROUP_BLOCKS; b < (i + 1u) * GROUP_BLOCKS; b++) { scales[b] = scale; }
}
