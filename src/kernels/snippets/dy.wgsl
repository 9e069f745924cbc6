// The gradient at the output of a linear layer, [ROWS, OUTPUTS] with OUTPUTS a multiple of 4.

fn stride_of_dy() -> u32 { return sizes.outputs / 4u; }

@group(0) @binding(0) var<storage, read> dy : array<vec4f>;

fn load_dy(at : u32, output4 : u32) -> vec4f { return dy[at + output4]; }
