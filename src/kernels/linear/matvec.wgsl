// Linear layer, forward, for at most 8 rows: the decoding of one or a few sequences. The formula and the
// operands are those of forward.wgsl.
//
// Reading the weight is all the time there is, so it is read once: a thread takes one output and all rows.
// It reads its row of the weight front to back, so that every cache line is used whole although neighbours
// are a row apart. Splitting a row over the lanes of a workgroup would read in order, but costs barriers.

override ROWS : u32;

@group(0) @binding(1) var<storage, read_write> y : array<f32>;

fn store(row : u32, output : u32, sum : vec4f) {
  let at = row_of_plane(row, plane_of(output)) + output;
  y[at] = with_residual(at, sum.x + sum.y + sum.z + sum.w + load_bias(output));
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let x_stride = stride_of_x();
  let weight_stride = stride_of_weight();
  let weight_block = block_of_weight();
  let columns4 = (sizes.columns + 3u) / 4u;
  let n = id.x;
  if (n >= sizes.outputs) { return; }

  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var sum4 = vec4f();
  var sum5 = vec4f();
  var sum6 = vec4f();
  var sum7 = vec4f();

  // ROWS is a constant of the pipeline: what is not needed is not compiled.
  for (var block = 0u; block < columns4; block += weight_block) {
    let scale = weight_scale(n, block / weight_block);
    for (var k = block; k < block + weight_block; k++) {
      let w = scale * load_weight(n * weight_stride, k);
      sum0 = fma(w, load_x(0u, k), sum0);
      if (ROWS > 1u) { sum1 = fma(w, load_x(x_stride, k), sum1); }
      if (ROWS > 2u) { sum2 = fma(w, load_x(2u * x_stride, k), sum2); }
      if (ROWS > 3u) { sum3 = fma(w, load_x(3u * x_stride, k), sum3); }
      if (ROWS > 4u) { sum4 = fma(w, load_x(4u * x_stride, k), sum4); }
      if (ROWS > 5u) { sum5 = fma(w, load_x(5u * x_stride, k), sum5); }
      if (ROWS > 6u) { sum6 = fma(w, load_x(6u * x_stride, k), sum6); }
      if (ROWS > 7u) { sum7 = fma(w, load_x(7u * x_stride, k), sum7); }
    }
  }

  let h_stride = stride_of_h();
  let h_offset = offset_in_h(n);
  for (var r = 0u; r < RANK4; r++) {
    let w = load_b(n * B_STRIDE, r);
    sum0 = fma(w, load_h(h_offset, r), sum0);
    if (ROWS > 1u) { sum1 = fma(w, load_h(h_stride + h_offset, r), sum1); }
    if (ROWS > 2u) { sum2 = fma(w, load_h(2u * h_stride + h_offset, r), sum2); }
    if (ROWS > 3u) { sum3 = fma(w, load_h(3u * h_stride + h_offset, r), sum3); }
    if (ROWS > 4u) { sum4 = fma(w, load_h(4u * h_stride + h_offset, r), sum4); }
    if (ROWS > 5u) { sum5 = fma(w, load_h(5u * h_stride + h_offset, r), sum5); }
    if (ROWS > 6u) { sum6 = fma(w, load_h(6u * h_stride + h_offset, r), sum6); }
    if (ROWS > 7u) { sum7 = fma(w, load_h(7u * h_stride + h_offset, r), sum7); }
  }

  store(0u, n, sum0);
  if (ROWS > 1u) { store(1u, n, sum1); }
  if (ROWS > 2u) { store(2u, n, sum2); }
  if (ROWS > 3u) { store(3u, n, sum3); }
  if (ROWS > 4u) { store(4u, n, sum4); }
  if (ROWS > 5u) { store(5u, n, sum5); }
  if (ROWS > 6u) { store(6u, n, sum6); }
  if (ROWS > 7u) { store(7u, n, sum7); }
}
