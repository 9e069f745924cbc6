// The input of a linear layer, [ROWS, COLUMNS] with any COLUMNS; zeros beyond the last.

fn stride_of_x() -> u32 { return sizes.columns; }

@group(0) @binding(0) var<storage, read> x : array<f32>;

fn x_or_zero(at : u32, column : u32) -> f32 { return select(0.0, x[at + column], column < sizes.columns); }

fn load_x(at : u32, column4 : u32) -> vec4f {
  let c = 4u * column4;
  return vec4f(x_or_zero(at, c), x_or_zero(at, c + 1u), x_or_zero(at, c + 2u), x_or_zero(at, c + 3u));
}
