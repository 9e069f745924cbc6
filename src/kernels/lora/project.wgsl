// The operands of narrow.wgsl for h = SCALE * x A^T. The snippets' "weight" is A.
//
// x       [ROWS, COLUMNS]
// weight  [RANK, COLUMNS]

fn count_of_terms4() -> u32 { return (sizes.columns + 3u) / 4u; }

fn left(row : u32, k : u32) -> vec4f { return load_x(row * stride_of_x(), k); }

fn right(k : u32, rank : u32) -> mat4x4f {
  return transpose(mat4x4f(
    load_weight(min(rank, RANK - 1u) * stride_of_weight(), k),
    load_weight(min(rank + 1u, RANK - 1u) * stride_of_weight(), k),
    load_weight(min(rank + 2u, RANK - 1u) * stride_of_weight(), k),
    load_weight(min(rank + 3u, RANK - 1u) * stride_of_weight(), k),
  ));
}
