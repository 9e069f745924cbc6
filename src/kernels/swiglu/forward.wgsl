// SwiGLU, forward. One invocation per element.
//
//   y = gate * sigmoid(gate) * up
//
// gate, up, y  [ELEMENTS]
//
// Shazeer 2020, https://arxiv.org/abs/2002.05202.

override WORKGROUP_SIZE : u32 = 64u;
override ELEMENTS : u32;

@group(0) @binding(0) var<storage, read> gate : array<f32>;
@group(0) @binding(1) var<storage, read> up : array<f32>;
@group(0) @binding(2) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= ELEMENTS) { return; }
  y[i] = gate[i] * sigmoid(gate[i]) * up[i];
}
