// The gradient at the output of a linear layer, [ROWS, ALL_OUTPUTS] or in planes, where OUTPUTS, ALL_OUTPUTS and the first
// output of this part are multiples of 4. `at` is the start of a row in a plane.

@group(0) @binding(0) var<storage, read> dy : array<vec4f>;

fn start_of_dy(row : u32, plane : u32) -> u32 { return row_of_plane(row, plane) / 4u; }

fn load_dy(at : u32, output4 : u32) -> vec4f { return dy[at + output4]; }
