// Inverted dropout, forward and backward: the backward pass masks dy with the bits that masked x.
//
//   result[i] = source[i] / (1 - probability)  where random_bits(seed and micro-step, stream, i) >= THRESHOLD
//   result[i] = 0                                elsewhere
//
// source, result  [COUNT]; `result` is added to when ACCUMULATE is 1
// counters        the run's seed and micro-step
//
// The stream differs from layer to layer. It is not a constant, or every layer would have a pipeline of its
// own: it is the height of the grid less one. Each invocation strides over the elements by the size of the
// grid, so any height covers them all.
//
// Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html

override COUNT : u32;
override THRESHOLD : u32; // probability * 2^32
override KEEP_SCALE : f32; // 1 / (1 - probability)
override ACCUMULATE : u32;

const WORKGROUP_SIZE = 64u;

@group(0) @binding(0) var<storage, read> source : array<f32>;
@group(0) @binding(1) var<storage, read> counters : array<u32>;
@group(0) @binding(2) var<storage, read_write> result : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let stream = grid.y - 1u;
  let seed = mix32(mix32(counters[SEED]) ^ counters[MICRO_STEP]);
  let first = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  for (var i = first; i < COUNT; i += grid.x * grid.y * WORKGROUP_SIZE) {
    let is_kept = random_bits(seed, stream, i) >= THRESHOLD;
    let value = select(0.0, source[i] * KEEP_SCALE, is_kept);
    if (ACCUMULATE == 1u) { result[i] += value; } else { result[i] = value; }
  }
}
