// The gradient at the output of a linear layer, [ROWS, ALL_OUTPUTS], where OUTPUTS, ALL_OUTPUTS and the first
// output of this part are multiples of 4.

fn stride_of_dy() -> u32 { return sizes.all_outputs / 4u; }

@group(0) @binding(0) var<storage, read> dy : array<vec4f>;

fn load_dy(at : u32, output4 : u32) -> vec4f { return dy[at + sizes.first_output / 4u + output4]; }
