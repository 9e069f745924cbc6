// Linear layer, forward: a weight, and optionally a low-rank term, a bias and a residual.
//
//   y[m,n] = sum_k x[m,k] * weight[n,k] + sum_r h[m,r] * b[n,r] + bias[n] + residual[m,n]
//
// x        [ROWS, COLUMNS]
// weight   [OUTPUTS, COLUMNS], float or int8
// h, b     [ROWS, RANK] for each plane, [OUTPUTS, RANK]; h has the adapter's scale in it
// bias     [OUTPUTS]
// residual [ROWS, ALL_OUTPUTS]
// y        [ROWS, ALL_OUTPUTS], of which OUTPUTS are written, or in planes: see linear_sizes.wgsl
//
// A thread computes 8 rows by 8 outputs in named registers, the outputs in two groups of 4: an array indexed
// in a loop would live in memory. No workgroup memory: neighbours share loads through the cache. Rows and
// outputs beyond the end repeat the last one and are not stored. The operands' bindings are in the snippets.
// 32 threads to a workgroup, so that a small layer still makes several.
//
// An int8 weight is scaled as it is unpacked, once for 8 rows: scaling sums instead would take a second set
// of registers for them.


const TILE_ROWS = 8u;
const TILE_OUTPUTS = 8u;

@compute @workgroup_size(8, 4)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let x_stride = stride_of_x();
  let weight_stride = stride_of_weight();
  let weight_block = block_of_weight();
  let columns4 = (sizes.columns + 3u) / 4u;
  let output = id.x * TILE_OUTPUTS;
  let row = id.y * TILE_ROWS;
  if (output >= sizes.outputs || row >= sizes.rows) { return; }

  let m0 = row;
  let m1 = min(row + 1u, sizes.rows - 1u);
  let m2 = min(row + 2u, sizes.rows - 1u);
  let m3 = min(row + 3u, sizes.rows - 1u);
  let m4 = min(row + 4u, sizes.rows - 1u);
  let m5 = min(row + 5u, sizes.rows - 1u);
  let m6 = min(row + 6u, sizes.rows - 1u);
  let m7 = min(row + 7u, sizes.rows - 1u);
  let n0 = output;
  let n1 = min(output + 1u, sizes.outputs - 1u);
  let n2 = min(output + 2u, sizes.outputs - 1u);
  let n3 = min(output + 3u, sizes.outputs - 1u);
  let n4 = min(output + 4u, sizes.outputs - 1u);
  let n5 = min(output + 5u, sizes.outputs - 1u);
  let n6 = min(output + 6u, sizes.outputs - 1u);
  let n7 = min(output + 7u, sizes.outputs - 1u);

  let bias_low = vec4f(load_bias(n0), load_bias(n1), load_bias(n2), load_bias(n3));
  let bias_high = vec4f(load_bias(n4), load_bias(n5), load_bias(n6), load_bias(n7));
  var low0 = bias_low;
  var low1 = bias_low;
  var low2 = bias_low;
  var low3 = bias_low;
  var low4 = bias_low;
  var low5 = bias_low;
  var low6 = bias_low;
  var low7 = bias_low;
  var high0 = bias_high;
  var high1 = bias_high;
  var high2 = bias_high;
  var high3 = bias_high;
  var high4 = bias_high;
  var high5 = bias_high;
  var high6 = bias_high;
  var high7 = bias_high;

  for (var block = 0u; block < columns4; block += weight_block) {
    let scale0 = weight_scale(n0, block / weight_block);
    let scale1 = weight_scale(n1, block / weight_block);
    let scale2 = weight_scale(n2, block / weight_block);
    let scale3 = weight_scale(n3, block / weight_block);
    let scale4 = weight_scale(n4, block / weight_block);
    let scale5 = weight_scale(n5, block / weight_block);
    let scale6 = weight_scale(n6, block / weight_block);
    let scale7 = weight_scale(n7, block / weight_block);
    for (var k = block; k < block + weight_block; k++) {
      let w_low = transpose(mat4x4f(
        scale0 * load_weight(n0 * weight_stride, k),
        scale1 * load_weight(n1 * weight_stride, k),
        scale2 * load_weight(n2 * weight_stride, k),
        scale3 * load_weight(n3 * weight_stride, k),
      ));
      let w_high = transpose(mat4x4f(
        scale4 * load_weight(n4 * weight_stride, k),
        scale5 * load_weight(n5 * weight_stride, k),
        scale6 * load_weight(n6 * weight_stride, k),
        scale7 * load_weight(n7 * weight_stride, k),
      ));
      var v = load_x(m0 * x_stride, k);
      low0 = multiply_add(low0, w_low, v);
      high0 = multiply_add(high0, w_high, v);
      v = load_x(m1 * x_stride, k);
      low1 = multiply_add(low1, w_low, v);
      high1 = multiply_add(high1, w_high, v);
      v = load_x(m2 * x_stride, k);
      low2 = multiply_add(low2, w_low, v);
      high2 = multiply_add(high2, w_high, v);
      v = load_x(m3 * x_stride, k);
      low3 = multiply_add(low3, w_low, v);
      high3 = multiply_add(high3, w_high, v);
      v = load_x(m4 * x_stride, k);
      low4 = multiply_add(low4, w_low, v);
      high4 = multiply_add(high4, w_high, v);
      v = load_x(m5 * x_stride, k);
      low5 = multiply_add(low5, w_low, v);
      high5 = multiply_add(high5, w_high, v);
      v = load_x(m6 * x_stride, k);
      low6 = multiply_add(low6, w_low, v);
      high6 = multiply_add(high6, w_high, v);
      v = load_x(m7 * x_stride, k);
      low7 = multiply_add(low7, w_low, v);
      high7 = multiply_add(high7, w_high, v);
    }
  }

  let h_stride = stride_of_h();
  let h_offset = offset_in_h(output);
  for (var r = 0u; r < RANK4; r++) {
    let w_low = transpose(mat4x4f(
      load_b(n0 * B_STRIDE, r), load_b(n1 * B_STRIDE, r), load_b(n2 * B_STRIDE, r), load_b(n3 * B_STRIDE, r),
    ));
    let w_high = transpose(mat4x4f(
      load_b(n4 * B_STRIDE, r), load_b(n5 * B_STRIDE, r), load_b(n6 * B_STRIDE, r), load_b(n7 * B_STRIDE, r),
    ));
    var v = load_h(m0 * h_stride + h_offset, r);
    low0 = multiply_add(low0, w_low, v);
    high0 = multiply_add(high0, w_high, v);
    v = load_h(m1 * h_stride + h_offset, r);
    low1 = multiply_add(low1, w_low, v);
    high1 = multiply_add(high1, w_high, v);
    v = load_h(m2 * h_stride + h_offset, r);
    low2 = multiply_add(low2, w_low, v);
    high2 = multiply_add(high2, w_high, v);
    v = load_h(m3 * h_stride + h_offset, r);
    low3 = multiply_add(low3, w_low, v);
    high3 = multiply_add(high3, w_high, v);
    v = load_h(m4 * h_stride + h_offset, r);
    low4 = multiply_add(low4, w_low, v);
    high4 = multiply_add(high4, w_high, v);
    v = load_h(m5 * h_stride + h_offset, r);
    low5 = multiply_add(low5, w_low, v);
    high5 = multiply_add(high5, w_high, v);
    v = load_h(m6 * h_stride + h_offset, r);
    low6 = multiply_add(low6, w_low, v);
    high6 = multiply_add(high6, w_high, v);
    v = load_h(m7 * h_stride + h_offset, r);
    low7 = multiply_add(low7, w_low, v);
    high7 = multiply_add(high7, w_high, v);
  }

  // One text for eight rows: written out, stores are half of what a software adapter has to compile.
  for (var r = 0u; r < TILE_ROWS; r++) {
    var low = low0;
    var high = high0;
    switch r {
      case 1u: { low = low1; high = high1; }
      case 2u: { low = low2; high = high2; }
      case 3u: { low = low3; high = high3; }
      case 4u: { low = low4; high = high4; }
      case 5u: { low = low5; high = high5; }
      case 6u: { low = low6; high = high6; }
      case 7u: { low = low7; high = high7; }
      default: { }
    }
    store(row + r, output, low);
    store(row + r, output + 4u, high);
  }
}
