// The low-rank term dh A of a linear layer's backward pass, of one plane and any RANK and COLUMNS. See adapter_backward.wgsl.

override RANK : u32;

@group(0) @binding(AFTER_WEIGHT) var<storage, read> dh : array<f32>;
@group(0) @binding(AFTER_WEIGHT + 1u) var<storage, read> a : array<f32>;

fn ranks4() -> u32 { return (RANK + 3u) / 4u; }

fn stride_of_dh() -> u32 { return RANK; }

fn dh_or_zero(at : u32, r : u32) -> f32 { return select(0.0, dh[at + r], r < RANK); }

// Beyond the end: the last value, to be multiplied by a zero of dh or not stored.
fn a_at(r : u32, column : u32) -> f32 { return a[min(r, RANK - 1u) * sizes.columns + min(column, sizes.columns - 1u)]; }

fn load_dh(at : u32, rank4 : u32) -> vec4f {
  let r = 4u * rank4;
  return vec4f(dh_or_zero(at, r), dh_or_zero(at, r + 1u), dh_or_zero(at, r + 2u), dh_or_zero(at, r + 3u));
}

fn load_a(r : u32, column4 : u32) -> vec4f {
  let c = 4u * column4;
  return vec4f(a_at(r, c), a_at(r, c + 1u), a_at(r, c + 2u), a_at(r, c + 3u));
}
