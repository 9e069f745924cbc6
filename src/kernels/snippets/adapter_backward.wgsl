// The low-rank term dh A of a linear layer's backward pass, RANK and COLUMNS multiples of 4.
//
// dh  [ROWS, RANK], with the adapter's scale in it; `at` is the start of a row
// a   [RANK, COLUMNS]

override RANK : u32;
override RANK4 : u32 = RANK / 4u;
override DH_STRIDE : u32 = RANK / 4u;

@group(0) @binding(AFTER_WEIGHT) var<storage, read> dh : array<vec4f>;
@group(0) @binding(AFTER_WEIGHT + 1u) var<storage, read> a : array<vec4f>;

fn load_dh(at : u32, rank4 : u32) -> vec4f { return dh[at + rank4]; }

fn load_a(r : u32, column4 : u32) -> vec4f { return a[r * (sizes.columns / 4u) + column4]; }
