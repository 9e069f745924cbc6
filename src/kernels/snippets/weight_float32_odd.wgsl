// A float weight [OUTPUTS, COLUMNS] with any COLUMNS; zeros beyond the last. See weight_float32.wgsl.

fn stride_of_weight() -> u32 { return sizes.columns; }
fn block_of_weight() -> u32 { return (sizes.columns + 3u) / 4u; }
const AFTER_WEIGHT = 3u;

@group(0) @binding(2) var<storage, read> weight : array<f32>;

fn weight_or_zero(at : u32, column : u32) -> f32 { return select(0.0, weight[at + column], column < sizes.columns); }

fn load_weight(at : u32, column4 : u32) -> vec4f {
  let c = 4u * column4;
  return vec4f(
    weight_or_zero(at, c), weight_or_zero(at, c + 1u), weight_or_zero(at, c + 2u), weight_or_zero(at, c + 3u),
  );
}

fn weight_scale(output : u32, block : u32) -> f32 { return 1.0; }
