// The gradient at the input of a linear layer, [ROWS, COLUMNS]: four neighbours of a row at a time, added to what is there
// when ACCUMULATE is 1. What is beyond the last row or column is not stored.

override ACCUMULATE : u32;

@group(0) @binding(1) var<storage, read_write> dx : array<f32>;

fn put(at : u32, value : f32) {
  if (ACCUMULATE == 1u) { dx[at] += value; } else { dx[at] = value; }
}

fn store(row : u32, column : u32, value : vec4f) {
  if (row >= sizes.rows) { return; }
  let at = row * sizes.columns + column;
  if (column < sizes.columns) { put(at, value.x); }
  if (column + 1u < sizes.columns) { put(at + 1u, value.y); }
  if (column + 2u < sizes.columns) { put(at + 2u, value.z); }
  if (column + 3u < sizes.columns) { put(at + 3u, value.w); }
}
