// What the backward pass needs of every head row: the log-sum-exp of its scores, from the forward pass, and
// what the softmax's backward subtracts from each gradient. One invocation per head row.
//
//   row_dot[b,h,t]    = sum_d d_output[b,t,h,d] * output[b,t,h,d]
//   statistics[b,h,t] = (log_sum_exp[b,h,t], row_dot[b,h,t])
//
// Side by side, because the backward kernels may bind no more than eight buffers.
//
// output, d_output  [BATCH, TOKENS, HEADS, D] as packs of floats, PACKS to a head row
// log_sum_exp       [BATCH, HEADS, TOKENS]
// statistics        [BATCH, HEADS, TOKENS, 2]

override WORKGROUP_SIZE : u32 = 64u;
override BATCH : u32;
override TOKENS : u32;
override HEADS : u32;
override PACKS : u32;

@group(0) @binding(0) var<storage, read> output : array<Pack>;
@group(0) @binding(1) var<storage, read> d_output : array<Pack>;
@group(0) @binding(2) var<storage, read> log_sum_exp : array<f32>;
@group(0) @binding(3) var<storage, read_write> statistics : array<vec2f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let head_row = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (head_row >= BATCH * TOKENS * HEADS) { return; }
  var row_dot = 0.0;
  for (var c = 0u; c < PACKS; c++) { row_dot += dot(output[head_row * PACKS + c], d_output[head_row * PACKS + c]); }
  let row = head_row / HEADS;
  let slot = ((row / TOKENS) * HEADS + head_row % HEADS) * TOKENS + row % TOKENS;
  statistics[slot] = vec2f(log_sum_exp[slot], row_dot);
}
