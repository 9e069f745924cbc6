// An int8 weight [OUTPUTS, COLUMNS], COLUMNS a multiple of 32: four values to a word, and one half-float
// scale for every 32 columns (the layout of GGUF's Q8_0). `load_weight` leaves the scale out, so that it
// can be applied once for a block. A "block" is counted in groups of 4 columns.
//
// A value is unpacked at the top of its integer, so that its sign needs no second step: 2^24 times too large, which
// `weight_scale` takes back. Both are powers of two, so nothing is rounded. Multiplied rather than shifted: a compiler makes
// shifts of it, while WGSL's own shifts come with a mask for each. Not unpack4xI8, a language feature that not every
// browser has, and not faster.

fn stride_of_weight() -> u32 { return sizes.columns / 4u; }
fn block_of_weight() -> u32 { return 8u; }
const AFTER_WEIGHT = 4u;

@group(0) @binding(2) var<storage, read> values : array<u32>;
@group(0) @binding(3) var<storage, read> scales : array<u32>;

fn load_weight(at : u32, column4 : u32) -> vec4f {
  let tops = vec4u(values[at + column4]) * vec4u(0x1000000u, 0x10000u, 0x100u, 1u);
  return vec4f(bitcast<vec4i>(tops & vec4u(0xff000000u)));
}

/// The scale of a block as it is stored.
fn block_scale(output : u32, block : u32) -> f32 {
  let i = output * (sizes.columns / 32u) + block;
  let pair = unpack2x16float(scales[i / 2u]);
  return select(pair.x, pair.y, (i & 1u) == 1u);
}

/// What `load_weight` gives is to be multiplied by this.
fn weight_scale(output : u32, block : u32) -> f32 { return 0x1p-24 * block_scale(output, block); }
