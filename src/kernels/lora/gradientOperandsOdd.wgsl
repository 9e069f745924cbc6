// The operands of gradient.wgsl for any COLUMNS and RANK. Beyond the end: the last value.

@group(0) @binding(0) var<storage, read> wide : array<f32>;
@group(0) @binding(1) var<storage, read> narrow : array<f32>;

fn wide_at(row : u32, column : u32) -> f32 { return wide[row * sizes.columns + min(column, sizes.columns - 1u)]; }

fn narrow_at(row : u32, rank : u32) -> f32 { return narrow[row * RANK + min(rank, RANK - 1u)]; }

fn load_wide(row : u32, column4 : u32) -> vec4f {
  let c = 4u * column4;
  return vec4f(wide_at(row, c), wide_at(row, c + 1u), wide_at(row, c + 2u), wide_at(row, c + 3u));
}

fn load_narrow(row : u32, rank4 : u32) -> vec4f {
  let r = 4u * rank4;
  return vec4f(narrow_at(row, r), narrow_at(row, r + 1u), narrow_at(row, r + 2u), narrow_at(row, r + 3u));
}
