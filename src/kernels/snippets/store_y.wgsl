// The output of a linear layer, [ROWS, ALL_OUTPUTS] or in planes: four neighbours of a row at a time, in one plane. What is beyond the last row or
// the last output of this part is not stored.

@group(0) @binding(1) var<storage, read_write> y : array<f32>;

fn store(row : u32, output : u32, value : vec4f) {
  if (row >= sizes.rows) { return; }
  let at = row_of_plane(row, plane_of(output)) + output;
  if (output < sizes.outputs) { y[at] = with_residual(at, value.x); }
  if (output + 1u < sizes.outputs) { y[at + 1u] = with_residual(at + 1u, value.y); }
  if (output + 2u < sizes.outputs) { y[at + 2u] = with_residual(at + 2u, value.z); }
  if (output + 3u < sizes.outputs) { y[at + 3u] = with_residual(at + 3u, value.w); }
}
