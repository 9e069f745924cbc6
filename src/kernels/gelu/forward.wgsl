// GELU in its tanh form (gelu_new of GPT-2), forward. One invocation per element.
//
//   y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
//
// x, y  [ELEMENTS]
//
// Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415.

override WORKGROUP_SIZE : u32 = 64u;
override ELEMENTS : u32;

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= ELEMENTS) { return; }
  y[i] = 0.5 * x[i] * (1.0 + gelu_tanh(x[i]));
}
