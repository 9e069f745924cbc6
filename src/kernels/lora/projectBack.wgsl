// The operands of narrow.wgsl for dh = SCALE * dy B. The snippets' "weight" is B, its COLUMNS the rank.
//
// dy      [ROWS, OUTPUTS]
// weight  [OUTPUTS, RANK]

override OUTPUTS : u32;
override COLUMNS : u32 = RANK;
override TERMS4 : u32 = (OUTPUTS + 3u) / 4u;

fn left(row : u32, n : u32) -> vec4f { return load_dy(row * DY_STRIDE, n); }

// Outputs beyond the end are multiplied by the zeros that `load_dy` gives.
fn right(n : u32, rank : u32) -> mat4x4f {
  let rank4 = min(rank, RANK - 1u) / 4u;
  return mat4x4f(
    load_weight(min(4u * n, OUTPUTS - 1u) * WEIGHT_STRIDE, rank4),
    load_weight(min(4u * n + 1u, OUTPUTS - 1u) * WEIGHT_STRIDE, rank4),
    load_weight(min(4u * n + 2u, OUTPUTS - 1u) * WEIGHT_STRIDE, rank4),
    load_weight(min(4u * n + 3u, OUTPUTS - 1u) * WEIGHT_STRIDE, rank4),
  );
}
