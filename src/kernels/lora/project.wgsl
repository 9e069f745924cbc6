// The operands of narrow.wgsl for h = SCALE * x A^T. The snippets' "weight" is A.
//
// x       [ROWS, COLUMNS]
// weight  [PLANES * RANK, COLUMNS]

fn first_term4(plane : u32) -> u32 { return 0u; }

fn end_of_terms4(plane : u32) -> u32 { return (sizes.columns + 3u) / 4u; }

fn start_of_left(row : u32, plane : u32) -> u32 { return row * stride_of_x(); }

fn left(at : u32, k : u32) -> vec4f { return load_x(at, k); }

fn right(k : u32, rank : u32) -> mat4x4f {
  let last = rank_count() - 1u;
  return transpose(mat4x4f(
    load_weight(min(rank, last) * stride_of_weight(), k),
    load_weight(min(rank + 1u, last) * stride_of_weight(), k),
    load_weight(min(rank + 2u, last) * stride_of_weight(), k),
    load_weight(min(rank + 3u, last) * stride_of_weight(), k),
  ));
}
