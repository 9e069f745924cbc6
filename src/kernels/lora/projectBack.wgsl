// The operands of narrow.wgsl for dh = SCALE * dy B. The snippets' "weight" is B, its COLUMNS the rank.
//
// dy      [ROWS, OUTPUTS], or in planes: the terms of a plane's ranks are its own outputs
// weight  [OUTPUTS, RANK]

fn first_term4(plane : u32) -> u32 { return plane_begin(plane) / 4u; }

fn end_of_terms4(plane : u32) -> u32 { return (plane_end(plane) + 3u) / 4u; }

fn start_of_left(row : u32, plane : u32) -> u32 { return start_of_dy(row, plane); }

fn left(at : u32, n : u32) -> vec4f { return load_dy(at, n); }

// Outputs beyond the end are multiplied by the zeros that `load_dy` gives.
fn right(n : u32, rank : u32) -> mat4x4f {
  let rank4 = min(rank, rank_count() - 1u) % RANK / 4u;
  return mat4x4f(
    load_weight(min(4u * n, sizes.outputs - 1u) * stride_of_weight(), rank4),
    load_weight(min(4u * n + 1u, sizes.outputs - 1u) * stride_of_weight(), rank4),
    load_weight(min(4u * n + 2u, sizes.outputs - 1u) * stride_of_weight(), rank4),
    load_weight(min(4u * n + 3u, sizes.outputs - 1u) * stride_of_weight(), rank4),
  );
}
