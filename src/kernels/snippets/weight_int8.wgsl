// An int8 weight [OUTPUTS, COLUMNS], COLUMNS a multiple of 32: four values to a word, and one half-float
// scale for every 32 columns (the layout of GGUF's Q8_0). `load_weight` leaves the scale out, so that it
// can be applied once for a block. A "block" is counted in groups of 4 columns.

fn stride_of_weight() -> u32 { return sizes.columns / 4u; }
fn block_of_weight() -> u32 { return 8u; }
const AFTER_WEIGHT = 4u;

@group(0) @binding(2) var<storage, read> values : array<u32>;
@group(0) @binding(3) var<storage, read> scales : array<u32>;

fn load_weight(at : u32, column4 : u32) -> vec4f {
  // Shifts rather than unpack4xI8, which is a language feature that not every browser has.
  return vec4f((vec4i(bitcast<i32>(values[at + column4])) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

fn weight_scale(output : u32, block : u32) -> f32 {
  let i = output * (sizes.columns / 32u) + block;
  let pair = unpack2x16float(scales[i / 2u]);
  return select(pair.x, pair.y, (i & 1u) == 1u);
}
