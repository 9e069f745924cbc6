// GELU in its tanh form, backward. One invocation per element.
//
//   t  = tanh(u),  u = sqrt(2 / pi) * (x + 0.044715 x^3)
//   dx = dy / 2 * (1 + t + x * (1 - t^2) * u'),  u' = sqrt(2 / pi) * (1 + 3 * 0.044715 x^2)
//
// x, dy, dx  [ELEMENTS]; dx is added to when ACCUMULATE is 1

override WORKGROUP_SIZE : u32 = 64u;
override ELEMENTS : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read> dy : array<f32>;
@group(0) @binding(2) var<storage, read_write> dx : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= ELEMENTS) { return; }
  let t = gelu_tanh(x[i]);
  let slope = SQRT_2_OVER_PI * (1.0 + 3.0 * CUBIC * x[i] * x[i]);
  let value = 0.5 * dy[i] * (1.0 + t + x[i] * (1.0 - t * t) * slope);
  if (ACCUMULATE == 1u) { dx[i] += value; } else { dx[i] = value; }
}
