// The input of a linear layer, [ROWS, COLUMNS] with COLUMNS a multiple of 4. `at` is the start of a row.

fn stride_of_x() -> u32 { return sizes.columns / 4u; }

@group(0) @binding(0) var<storage, read> x : array<vec4f>;

fn load_x(at : u32, column4 : u32) -> vec4f { return x[at + column4]; }
