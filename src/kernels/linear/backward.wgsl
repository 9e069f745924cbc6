// Linear layer, backward to x. The weight is frozen; the adapter's own gradients are in lora/.
//
//   dx[m,k] = sum_n dy[m,n] * weight[n,k] + sum_r dh[m,r] * a[r,k]
//
// dy      [ROWS, ALL_OUTPUTS], of which OUTPUTS are read, or in planes: see linear_sizes.wgsl
// dx      [ROWS, COLUMNS]; added to when ACCUMULATE is 1: see store_dx.wgsl
// weight  [OUTPUTS, COLUMNS], in floats, halves or int8
// dh, a   [ROWS, RANK], [RANK, COLUMNS], for all planes; dh has the adapter's scale in it
//
// A thread computes 8 rows by 8 columns in named registers, the columns in two groups of 4, as in
// forward.wgsl. Rows and columns beyond the end repeat the last ones and are not stored; outputs beyond the
// end are multiplied by the zeros that `load_dy` gives. The 8 columns lie in one block of an int8 weight.

const TILE_ROWS = 8u;

@compute @workgroup_size(8, 4)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let weight_stride = stride_of_weight();
  let weight_block = block_of_weight();
  let columns4 = (sizes.columns + 3u) / 4u;
  let column_low = 2u * id.x;
  let row = id.y * TILE_ROWS;
  if (column_low >= columns4 || row >= sizes.rows) { return; }
  let column_high = min(column_low + 1u, columns4 - 1u);
  let block = column_low / weight_block;

  let m0 = row;
  let m1 = min(row + 1u, sizes.rows - 1u);
  let m2 = min(row + 2u, sizes.rows - 1u);
  let m3 = min(row + 3u, sizes.rows - 1u);
  let m4 = min(row + 4u, sizes.rows - 1u);
  let m5 = min(row + 5u, sizes.rows - 1u);
  let m6 = min(row + 6u, sizes.rows - 1u);
  let m7 = min(row + 7u, sizes.rows - 1u);

  var low0 = vec4f();
  var low1 = vec4f();
  var low2 = vec4f();
  var low3 = vec4f();
  var low4 = vec4f();
  var low5 = vec4f();
  var low6 = vec4f();
  var low7 = vec4f();
  var high0 = vec4f();
  var high1 = vec4f();
  var high2 = vec4f();
  var high3 = vec4f();
  var high4 = vec4f();
  var high5 = vec4f();
  var high6 = vec4f();
  var high7 = vec4f();

  for (var plane = 0u; plane < plane_count(); plane++) {
    let dy0 = start_of_dy(m0, plane);
    let dy1 = start_of_dy(m1, plane);
    let dy2 = start_of_dy(m2, plane);
    let dy3 = start_of_dy(m3, plane);
    let dy4 = start_of_dy(m4, plane);
    let dy5 = start_of_dy(m5, plane);
    let dy6 = start_of_dy(m6, plane);
    let dy7 = start_of_dy(m7, plane);
    let end = min(plane_end(plane), sizes.outputs);
    for (var n = plane_begin(plane) / 4u; n < (end + 3u) / 4u; n++) {
      let n0 = 4u * n;
      let n1 = min(4u * n + 1u, sizes.outputs - 1u);
      let n2 = min(4u * n + 2u, sizes.outputs - 1u);
      let n3 = min(4u * n + 3u, sizes.outputs - 1u);
      let scale0 = weight_scale(n0, block);
      let scale1 = weight_scale(n1, block);
      let scale2 = weight_scale(n2, block);
      let scale3 = weight_scale(n3, block);
      let w_low = mat4x4f(
        scale0 * load_weight(n0 * weight_stride, column_low),
        scale1 * load_weight(n1 * weight_stride, column_low),
        scale2 * load_weight(n2 * weight_stride, column_low),
        scale3 * load_weight(n3 * weight_stride, column_low),
      );
      let w_high = mat4x4f(
        scale0 * load_weight(n0 * weight_stride, column_high),
        scale1 * load_weight(n1 * weight_stride, column_high),
        scale2 * load_weight(n2 * weight_stride, column_high),
        scale3 * load_weight(n3 * weight_stride, column_high),
      );
      var v = load_dy(dy0, n);
      low0 = multiply_add(low0, w_low, v);
      high0 = multiply_add(high0, w_high, v);
      v = load_dy(dy1, n);
      low1 = multiply_add(low1, w_low, v);
      high1 = multiply_add(high1, w_high, v);
      v = load_dy(dy2, n);
      low2 = multiply_add(low2, w_low, v);
      high2 = multiply_add(high2, w_high, v);
      v = load_dy(dy3, n);
      low3 = multiply_add(low3, w_low, v);
      high3 = multiply_add(high3, w_high, v);
      v = load_dy(dy4, n);
      low4 = multiply_add(low4, w_low, v);
      high4 = multiply_add(high4, w_high, v);
      v = load_dy(dy5, n);
      low5 = multiply_add(low5, w_low, v);
      high5 = multiply_add(high5, w_high, v);
      v = load_dy(dy6, n);
      low6 = multiply_add(low6, w_low, v);
      high6 = multiply_add(high6, w_high, v);
      v = load_dy(dy7, n);
      low7 = multiply_add(low7, w_low, v);
      high7 = multiply_add(high7, w_high, v);
    }
  }

  let dh_stride = stride_of_dh();
  for (var r = 0u; r < ranks4(); r++) {
    let w_low = mat4x4f(
      load_a(4u * r, column_low),
      load_a(4u * r + 1u, column_low),
      load_a(4u * r + 2u, column_low),
      load_a(4u * r + 3u, column_low),
    );
    let w_high = mat4x4f(
      load_a(4u * r, column_high),
      load_a(4u * r + 1u, column_high),
      load_a(4u * r + 2u, column_high),
      load_a(4u * r + 3u, column_high),
    );
    var v = load_dh(m0 * dh_stride, r);
    low0 = multiply_add(low0, w_low, v);
    high0 = multiply_add(high0, w_high, v);
    v = load_dh(m1 * dh_stride, r);
    low1 = multiply_add(low1, w_low, v);
    high1 = multiply_add(high1, w_high, v);
    v = load_dh(m2 * dh_stride, r);
    low2 = multiply_add(low2, w_low, v);
    high2 = multiply_add(high2, w_high, v);
    v = load_dh(m3 * dh_stride, r);
    low3 = multiply_add(low3, w_low, v);
    high3 = multiply_add(high3, w_high, v);
    v = load_dh(m4 * dh_stride, r);
    low4 = multiply_add(low4, w_low, v);
    high4 = multiply_add(high4, w_high, v);
    v = load_dh(m5 * dh_stride, r);
    low5 = multiply_add(low5, w_low, v);
    high5 = multiply_add(high5, w_high, v);
    v = load_dh(m6 * dh_stride, r);
    low6 = multiply_add(low6, w_low, v);
    high6 = multiply_add(high6, w_high, v);
    v = load_dh(m7 * dh_stride, r);
    low7 = multiply_add(low7, w_low, v);
    high7 = multiply_add(high7, w_high, v);
  }

  let column = 4u * column_low;
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
    store(row + r, column, low);
    store(row + r, column + 4u, high);
  }
}
