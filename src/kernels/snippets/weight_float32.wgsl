// A float weight [OUTPUTS, COLUMNS] with COLUMNS a multiple of 4. `at` is the start of a row.
// A "block" is the run of columns that shares a scale, in groups of 4; here the whole row, with scale 1.

fn stride_of_weight() -> u32 { return sizes.columns / 4u; }
fn block_of_weight() -> u32 { return sizes.columns / 4u; }
const AFTER_WEIGHT = 3u;

@group(0) @binding(2) var<storage, read> weight : array<vec4f>;

fn load_weight(at : u32, column4 : u32) -> vec4f { return weight[at + column4]; }

fn weight_scale(output : u32, block : u32) -> f32 { return 1.0; }
