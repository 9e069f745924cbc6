// SwiGLU, backward to both factors. One invocation per element, or per four.
//
//   s      = sigmoid(gate)
//   d_gate = dy * up * s * (1 + gate * (1 - s))
//   d_up   = dy * gate * s
//
// gate, up, dy, d_gate, d_up  [COUNT]; the gradients are added to when ACCUMULATE is 1

override WORKGROUP_SIZE : u32 = 64u;
override COUNT : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> gate : array<Elements>;
@group(0) @binding(1) var<storage, read> up : array<Elements>;
@group(0) @binding(2) var<storage, read> dy : array<Elements>;
@group(0) @binding(3) var<storage, read_write> d_gate : array<Elements>;
@group(0) @binding(4) var<storage, read_write> d_up : array<Elements>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= COUNT / ELEMENTS) { return; }
  let g = gate[i];
  let s = sigmoid(g);
  let to_gate = dy[i] * up[i] * s * (1.0 + g * (1.0 - s));
  let to_up = dy[i] * g * s;
  if (ACCUMULATE == 1u) {
    d_gate[i] += to_gate;
    d_up[i] += to_up;
  } else {
    d_gate[i] = to_gate;
    d_up[i] = to_up;
  }
}
