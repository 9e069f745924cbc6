// The operands of narrow.wgsl for dh = SCALE * dy B. The snippets' "weight" is B, its COLUMNS the rank.
//
// dy      [ROWS, OUTPUTS]
// weight  [OUTPUTS, RANK]

fn count_of_terms4() -> u32 { return (sizes.outputs + 3u) / 4u; }

fn left(row : u32, n : u32) -> vec4f { return load_dy(row * stride_of_dy(), n); }

// Outputs beyond the end are multiplied by the zeros that `load_dy` gives.
fn right(n : u32, rank : u32) -> mat4x4f {
  let rank4 = min(rank, RANK - 1u) / 4u;
  return mat4x4f(
    load_weight(min(4u * n, sizes.outputs - 1u) * stride_of_weight(), rank4),
    load_weight(min(4u * n + 1u, sizes.outputs - 1u) * stride_of_weight(), rank4),
    load_weight(min(4u * n + 2u, sizes.outputs - 1u) * stride_of_weight(), rank4),
    load_weight(min(4u * n + 3u, sizes.outputs - 1u) * stride_of_weight(), rank4),
  );
}
