// The low-rank term h B^T of a linear layer, RANK a multiple of 4. `at` is the start of a row.
//
// h  [ROWS, RANK], the scaled projection
// b  [OUTPUTS, RANK]

override RANK : u32;
override RANK4 : u32 = RANK / 4u;
override H_STRIDE : u32 = RANK / 4u;
const AFTER_ADAPTER = AFTER_WEIGHT + 2u;

@group(0) @binding(AFTER_WEIGHT) var<storage, read> h : array<vec4f>;
@group(0) @binding(AFTER_WEIGHT + 1u) var<storage, read> b : array<vec4f>;

fn load_h(at : u32, rank4 : u32) -> vec4f { return h[at + rank4]; }

fn load_b(at : u32, rank4 : u32) -> vec4f { return b[at + rank4]; }
