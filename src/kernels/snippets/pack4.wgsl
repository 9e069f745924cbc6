// Rows are read four floats at a time. For widths that four divides.
alias Pack = vec4f;
// One pack of four rows, turned: the components of each column are the rows.
alias FourRows = mat4x4f;

fn four_rows(a : Pack, b : Pack, c : Pack, d : Pack) -> FourRows {
  return transpose(mat4x4f(a, b, c, d));
}

/// sum + (a·pack, b·pack, c·pack, d·pack), in one chain of multiply-adds: `sum + dot(…)` would cost an addition more.
fn add_products(sum : vec4f, rows : FourRows, pack : Pack) -> vec4f {
  return fma(rows[3], vec4f(pack.w), fma(rows[2], vec4f(pack.z), fma(rows[1], vec4f(pack.y), fma(rows[0], vec4f(pack.x), sum))));
}
