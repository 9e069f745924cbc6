// The low-rank term h B^T of a linear layer, RANK a multiple of 4. `at` is the start of a row.
//
// h  [ROWS, PLANES * RANK], the scaled projections: each plane of outputs has its own
// b  [OUTPUTS, RANK]

override RANK : u32;
override RANK4 : u32 = RANK / 4u;
override B_STRIDE : u32 = RANK / 4u;
const AFTER_ADAPTER = AFTER_WEIGHT + 2u;

@group(0) @binding(AFTER_WEIGHT) var<storage, read> h : array<vec4f>;
@group(0) @binding(AFTER_WEIGHT + 1u) var<storage, read> b : array<vec4f>;

fn stride_of_h() -> u32 { return plane_count() * RANK4; }

/// What is added to the start of a row for the plane that an output is in.
fn offset_in_h(output : u32) -> u32 { return plane_of(output) * RANK4; }

fn load_h(at : u32, rank4 : u32) -> vec4f { return h[at + rank4]; }

fn load_b(at : u32, rank4 : u32) -> vec4f { return b[at + rank4]; }
