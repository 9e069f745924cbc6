// A weight [OUTPUTS, COLUMNS] of halves, COLUMNS a multiple of 4: four values in two words. See weight_float32.wgsl.
//
// Unpacked by a function of the core language, which every device has; what is multiplied is float32. WGSL lets a device
// read halves below 2^-14, which are subnormal, as zero; SwiftShader and Mesa's lavapipe read them as they are.

fn stride_of_weight() -> u32 { return sizes.columns / 4u; }
fn block_of_weight() -> u32 { return sizes.columns / 4u; }
const AFTER_WEIGHT = 3u;

@group(0) @binding(2) var<storage, read> weight : array<vec2u>;

fn load_weight(at : u32, column4 : u32) -> vec4f {
  let pairs = weight[at + column4];
  return vec4f(unpack2x16float(pairs.x), unpack2x16float(pairs.y));
}

fn weight_scale(output : u32, block : u32) -> f32 { return 1.0; }
