// Linear layer, forward, with an int8 weight and int8 activations ("W8A8"): products of integers, four at a time,
// summed as integers within a block of 32 columns and scaled once for it.
//
//   y[m,n] = sum_b x_scales[m,b] * scales[n,b] * (sum_{k in b} x[m,k] * values[n,k])
//            + sum_r h[m,r] * b[n,r] + bias[n] + residual[m,n]
//
// x         [ROWS, COLUMNS], int8, four to a word
// x_scales  [ROWS, COLUMNS / 32]
// The other operands are those of forward.wgsl, and so are the tiles, but for 4 outputs to a thread instead of 8:
// integer sums of a block and float sums of the row both live in registers.
//
// Needs the language feature packed_4x8_integer_dot_product.

const TILE_ROWS = 8u;
const TILE_OUTPUTS = 4u;

@group(0) @binding(0) var<storage, read> x : array<u32>;
@group(0) @binding(AFTER_RESIDUAL) var<storage, read> x_scales : array<f32>;

fn dots(w : vec4u, v : u32) -> vec4i {
  return vec4i(dot4I8Packed(w.x, v), dot4I8Packed(w.y, v), dot4I8Packed(w.z, v), dot4I8Packed(w.w, v));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let words = sizes.columns / 4u;
  let blocks = sizes.columns / 32u;
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

  let bias4 = vec4f(load_bias(n0), load_bias(n1), load_bias(n2), load_bias(n3));
  var sum0 = bias4;
  var sum1 = bias4;
  var sum2 = bias4;
  var sum3 = bias4;
  var sum4 = bias4;
  var sum5 = bias4;
  var sum6 = bias4;
  var sum7 = bias4;

  for (var block = 0u; block < blocks; block++) {
    var part0 = vec4i();
    var part1 = vec4i();
    var part2 = vec4i();
    var part3 = vec4i();
    var part4 = vec4i();
    var part5 = vec4i();
    var part6 = vec4i();
    var part7 = vec4i();
    for (var k = 8u * block; k < 8u * block + 8u; k++) {
      let w = vec4u(values[n0 * words + k], values[n1 * words + k], values[n2 * words + k], values[n3 * words + k]);
      part0 += dots(w, x[m0 * words + k]);
      part1 += dots(w, x[m1 * words + k]);
      part2 += dots(w, x[m2 * words + k]);
      part3 += dots(w, x[m3 * words + k]);
      part4 += dots(w, x[m4 * words + k]);
      part5 += dots(w, x[m5 * words + k]);
      part6 += dots(w, x[m6 * words + k]);
      part7 += dots(w, x[m7 * words + k]);
    }
    let scale = vec4f(
      block_scale(n0, block), block_scale(n1, block), block_scale(n2, block), block_scale(n3, block),
    );
    sum0 = fma(vec4f(part0), scale * x_scales[m0 * blocks + block], sum0);
    sum1 = fma(vec4f(part1), scale * x_scales[m1 * blocks + block], sum1);
    sum2 = fma(vec4f(part2), scale * x_scales[m2 * blocks + block], sum2);
    sum3 = fma(vec4f(part3), scale * x_scales[m3 * blocks + block], sum3);
    sum4 = fma(vec4f(part4), scale * x_scales[m4 * blocks + block], sum4);
    sum5 = fma(vec4f(part5), scale * x_scales[m5 * blocks + block], sum5);
    sum6 = fma(vec4f(part6), scale * x_scales[m6 * blocks + block], sum6);
    sum7 = fma(vec4f(part7), scale * x_scales[m7 * blocks + block], sum7);
  }

  let h_stride = stride_of_h();
  let h_offset = offset_in_h(output);
  for (var r = 0u; r < RANK4; r++) {
    let w = transpose(mat4x4f(
      load_b(n0 * B_STRIDE, r), load_b(n1 * B_STRIDE, r), load_b(n2 * B_STRIDE, r), load_b(n3 * B_STRIDE, r),
    ));
    sum0 = multiply_add(sum0, w, load_h(m0 * h_stride + h_offset, r));
    sum1 = multiply_add(sum1, w, load_h(m1 * h_stride + h_offset, r));
    sum2 = multiply_add(sum2, w, load_h(m2 * h_stride + h_offset, r));
    sum3 = multiply_add(sum3, w, load_h(m3 * h_stride + h_offset, r));
    sum4 = multiply_add(sum4, w, load_h(m4 * h_stride + h_offset, r));
    sum5 = multiply_add(sum5, w, load_h(m5 * h_stride + h_offset, r));
    sum6 = multiply_add(sum6, w, load_h(m6 * h_stride + h_offset, r));
    sum7 = multiply_add(sum7, w, load_h(m7 * h_stride + h_offset, r));
  }

  store(row, output, sum0);
  store(row + 1u, output, sum1);
  store(row + 2u, output, sum2);
  store(row + 3u, output, sum3);
  store(row + 4u, output, sum4);
  store(row + 5u, output, sum5);
  store(row + 6u, output, sum6);
  store(row + 7u, output, sum7);
}
