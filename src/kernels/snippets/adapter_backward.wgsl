// The low-rank term dh A of a linear layer's backward pass, RANK and COLUMNS multiples of 4.
//
// dh  [ROWS, PLANES * RANK], with the adapter's scale in it; `at` is the start of a row
// a   [PLANES * RANK, COLUMNS]

override RANK : u32;

@group(0) @binding(AFTER_WEIGHT) var<storage, read> dh : array<vec4f>;
@group(0) @binding(AFTER_WEIGHT + 1u) var<storage, read> a : array<vec4f>;

/// Groups of 4 rows of A.
fn ranks4() -> u32 { return plane_count() * (RANK / 4u); }

fn stride_of_dh() -> u32 { return ranks4(); }

fn load_dh(at : u32, rank4 : u32) -> vec4f { return dh[at + rank4]; }

fn load_a(r : u32, column4 : u32) -> vec4f { return a[r * (sizes.columns / 4u) + column4]; }
