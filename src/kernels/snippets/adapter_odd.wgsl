// The low-rank term h B^T of a linear layer of one plane, any RANK; zeros beyond the last. See adapter.wgsl.

override RANK : u32;
override RANK4 : u32 = (RANK + 3u) / 4u;
override B_STRIDE : u32 = RANK;
const AFTER_ADAPTER = AFTER_WEIGHT + 2u;

@group(0) @binding(AFTER_WEIGHT) var<storage, read> h : array<f32>;
@group(0) @binding(AFTER_WEIGHT + 1u) var<storage, read> b : array<f32>;

fn stride_of_h() -> u32 { return RANK; }

fn offset_in_h(output : u32) -> u32 { return 0u; }

fn h_or_zero(at : u32, r : u32) -> f32 { return select(0.0, h[at + r], r < RANK); }

fn b_or_zero(at : u32, r : u32) -> f32 { return select(0.0, b[at + r], r < RANK); }

fn load_h(at : u32, rank4 : u32) -> vec4f {
  let r = 4u * rank4;
  return vec4f(h_or_zero(at, r), h_or_zero(at, r + 1u), h_or_zero(at, r + 2u), h_or_zero(at, r + 3u));
}

fn load_b(at : u32, rank4 : u32) -> vec4f {
  let r = 4u * rank4;
  return vec4f(b_or_zero(at, r), b_or_zero(at, r + 1u), b_or_zero(at, r + 2u), b_or_zero(at, r + 3u));
}
