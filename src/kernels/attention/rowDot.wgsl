// What the softmax's backward subtracts from every gradient of a row. One invocation per head row.
//
//   row_dot[b,h,t] = sum_d d_output[b,t,h,d] * output[b,t,h,d]
//
// output, d_output  [BATCH, TOKENS, HEADS, D] as packs of floats, PACKS to a head row
// row_dot           [BATCH, HEADS, TOKENS]

override WORKGROUP_SIZE : u32 = 64u;
override BATCH : u32;
override TOKENS : u32;
override HEADS : u32;
override PACKS : u32;

@group(0) @binding(0) var<storage, read> output : array<Pack>;
@group(0) @binding(1) var<storage, read> d_output : array<Pack>;
@group(0) @binding(2) var<storage, read_write> row_dot : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let head_row = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (head_row >= BATCH * TOKENS * HEADS) { return; }
  var sum = 0.0;
  for (var c = 0u; c < PACKS; c++) { sum += dot(output[head_row * PACKS + c], d_output[head_row * PACKS + c]); }
  let row = head_row / HEADS;
  row_dot[((row / TOKENS) * HEADS + head_row % HEADS) * TOKENS + row % TOKENS] = sum;
}
