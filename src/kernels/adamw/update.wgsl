// AdamW, one step for all parameters of the adapter at once.
//
//   g   = gradients[i] * clip's factor
//   p   = p * (1 - learning rate * WEIGHT_DECAY)
//   m   = BETA1 * m + (1 - BETA1) * g
//   v   = BETA2 * v + (1 - BETA2) * g^2
//   p   = p - learning rate * (m / (1 - BETA1^t)) / (sqrt(v / (1 - BETA2^t)) + EPSILON)
//
// parameters, gradients, first_moment (m), second_moment (v)  [COUNT], four to an invocation
// clip     [4]: norm, factor, 1 when every gradient is finite, 0
// scalars  the learning rate, 1 / (1 - BETA1^t) and 1 / (1 - BETA2^t)
//
// When a gradient is not finite, the step is skipped. The gradients are set to zero either way: the
// next step accumulates into them.
//
// Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101; order and EPSILON as in torch.optim.AdamW.

override COUNT : u32; // a multiple of 4
override BETA1 : f32;
override BETA2 : f32;
override ONE_MINUS_BETA1 : f32; // from the host's float64: 1 - BETA2 loses digits in float32
override ONE_MINUS_BETA2 : f32;
override EPSILON : f32;
override WEIGHT_DECAY : f32;

const WORKGROUP_SIZE = 64u;

@group(0) @binding(0) var<storage, read_write> parameters : array<vec4f>;
@group(0) @binding(1) var<storage, read_write> gradients : array<vec4f>;
@group(0) @binding(2) var<storage, read_write> first_moment : array<vec4f>;
@group(0) @binding(3) var<storage, read_write> second_moment : array<vec4f>;
@group(0) @binding(4) var<storage, read> clip : array<f32>;
@group(0) @binding(5) var<storage, read> scalars : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= COUNT / 4u) { return; }
  let g = gradients[i] * clip[1];
  gradients[i] = vec4f();
  if (clip[2] == 0.0) { return; }

  let learning_rate = scalars[LEARNING_RATE];
  let m = BETA1 * first_moment[i] + ONE_MINUS_BETA1 * g;
  let v = BETA2 * second_moment[i] + ONE_MINUS_BETA2 * g * g;
  first_moment[i] = m;
  second_moment[i] = v;
  let step = m * scalars[FIRST_MOMENT_CORRECTION] / (sqrt(v * scalars[SECOND_MOMENT_CORRECTION]) + EPSILON);
  parameters[i] = parameters[i] * (1.0 - learning_rate * WEIGHT_DECAY) - learning_rate * step;
}
