// What matvecLanes.wgsl and matvecSubgroups.wgsl have in common: the part of an output that one of several lanes adds up, for each
// of at most 8 rows.

override ROWS : u32;

@group(0) @binding(1) var<storage, read_write> y : array<f32>;

struct Sums { r0 : vec4f, r1 : vec4f, r2 : vec4f, r3 : vec4f, r4 : vec4f, r5 : vec4f, r6 : vec4f, r7 : vec4f }

/// The groups of 4 columns and of 4 ranks that are `lane`, `lane + lanes` and so on, before the ends.
/// ROWS is a constant of the pipeline: what is not needed is not compiled.
fn sums_of(output : u32, lane : u32, lanes : u32, columns4 : u32, rank4 : u32) -> Sums {
  let x_stride = stride_of_x();
  let weight_at = output * stride_of_weight();
  let weight_block = block_of_weight();
  var sums = Sums();
  for (var k = lane; k < columns4; k += lanes) {
    let w = weight_scale(output, k / weight_block) * load_weight(weight_at, k);
    sums.r0 = fma(w, load_x(0u, k), sums.r0);
    if (ROWS > 1u) { sums.r1 = fma(w, load_x(x_stride, k), sums.r1); }
    if (ROWS > 2u) { sums.r2 = fma(w, load_x(2u * x_stride, k), sums.r2); }
    if (ROWS > 3u) { sums.r3 = fma(w, load_x(3u * x_stride, k), sums.r3); }
    if (ROWS > 4u) { sums.r4 = fma(w, load_x(4u * x_stride, k), sums.r4); }
    if (ROWS > 5u) { sums.r5 = fma(w, load_x(5u * x_stride, k), sums.r5); }
    if (ROWS > 6u) { sums.r6 = fma(w, load_x(6u * x_stride, k), sums.r6); }
    if (ROWS > 7u) { sums.r7 = fma(w, load_x(7u * x_stride, k), sums.r7); }
  }
  let h_stride = stride_of_h();
  let h_offset = offset_in_h(output);
  for (var r = lane; r < rank4; r += lanes) {
    let w = load_b(output * B_STRIDE, r);
    sums.r0 = fma(w, load_h(h_offset, r), sums.r0);
    if (ROWS > 1u) { sums.r1 = fma(w, load_h(h_stride + h_offset, r), sums.r1); }
    if (ROWS > 2u) { sums.r2 = fma(w, load_h(2u * h_stride + h_offset, r), sums.r2); }
    if (ROWS > 3u) { sums.r3 = fma(w, load_h(3u * h_stride + h_offset, r), sums.r3); }
    if (ROWS > 4u) { sums.r4 = fma(w, load_h(4u * h_stride + h_offset, r), sums.r4); }
    if (ROWS > 5u) { sums.r5 = fma(w, load_h(5u * h_stride + h_offset, r), sums.r5); }
    if (ROWS > 6u) { sums.r6 = fma(w, load_h(6u * h_stride + h_offset, r), sums.r6); }
    if (ROWS > 7u) { sums.r7 = fma(w, load_h(7u * h_stride + h_offset, r), sums.r7); }
  }
  return sums;
}

fn put(row : u32, output : u32, sum : f32) {
  let at = row_of_plane(row, plane_of(output)) + output;
  y[at] = with_residual(at, sum + load_bias(output));
}
