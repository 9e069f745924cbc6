// SwiGLU, forward. One invocation per element, or per four.
//
//   y = gate * sigmoid(gate) * up
//
// gate, up, y  [COUNT]
//
// Shazeer 2020, https://arxiv.org/abs/2002.05202.

override WORKGROUP_SIZE : u32 = 64u;
override COUNT : u32;

@group(0) @binding(0) var<storage, read> gate : array<Elements>;
@group(0) @binding(1) var<storage, read> up : array<Elements>;
@group(0) @binding(2) var<storage, read_write> y : array<Elements>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= COUNT / ELEMENTS) { return; }
  y[i] = gate[i] * sigmoid(gate[i]) * up[i];
}
