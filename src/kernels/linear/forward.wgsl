// Linear layer, forward: a frozen weight, and optionally a low-rank term and a bias.
//
//   y[m,n] = sum_k x[m,k] * weight[n,k] + sum_r h[m,r] * b[n,r] + bias[n]
//
// x        [ROWS, COLUMNS]
// weight   [OUTPUTS, COLUMNS], float or int8
// h, b     [ROWS, RANK], [OUTPUTS, RANK]; h has the adapter's scale in it
// bias     [OUTPUTS]
// y        [ROWS, OUTPUTS]
//
// A thread computes 8 rows by 4 outputs in named registers: an array indexed in a loop would live in
// memory. No workgroup memory: neighbours share loads through the cache. Rows and outputs beyond the end
// repeat the last one and are not stored. The bindings of the operands are in the snippets.

override ROWS : u32;
override COLUMNS : u32;
override OUTPUTS : u32;

const TILE_ROWS = 8u;
const TILE_OUTPUTS = 4u;

@group(0) @binding(1) var<storage, read_write> y : array<f32>;

fn store(row : u32, output : u32, value : vec4f) {
  if (row >= ROWS) { return; }
  let at = row * OUTPUTS + output;
  y[at] = value.x;
  if (output + 1u < OUTPUTS) { y[at + 1u] = value.y; }
  if (output + 2u < OUTPUTS) { y[at + 2u] = value.z; }
  if (output + 3u < OUTPUTS) { y[at + 3u] = value.w; }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let output = id.x * TILE_OUTPUTS;
  let row = id.y * TILE_ROWS;
  if (output >= OUTPUTS || row >= ROWS) { return; }

  let m0 = row;
  let m1 = min(row + 1u, ROWS - 1u);
  let m2 = min(row + 2u, ROWS - 1u);
  let m3 = min(row + 3u, ROWS - 1u);
  let m4 = min(row + 4u, ROWS - 1u);
  let m5 = min(row + 5u, ROWS - 1u);
  let m6 = min(row + 6u, ROWS - 1u);
  let m7 = min(row + 7u, ROWS - 1u);
  let n0 = output;
  let n1 = min(output + 1u, OUTPUTS - 1u);
  let n2 = min(output + 2u, OUTPUTS - 1u);
  let n3 = min(output + 3u, OUTPUTS - 1u);

  let start = vec4f(load_bias(n0), load_bias(n1), load_bias(n2), load_bias(n3));
  var y0 = start;
  var y1 = start;
  var y2 = start;
  var y3 = start;
  var y4 = start;
  var y5 = start;
  var y6 = start;
  var y7 = start;

  for (var block = 0u; block < (COLUMNS + 3u) / 4u; block += WEIGHT_BLOCK) {
    var p0 = vec4f();
    var p1 = vec4f();
    var p2 = vec4f();
    var p3 = vec4f();
    var p4 = vec4f();
    var p5 = vec4f();
    var p6 = vec4f();
    var p7 = vec4f();
    for (var k = block; k < block + WEIGHT_BLOCK; k++) {
      let w = transpose(mat4x4f(
        load_weight(n0 * WEIGHT_STRIDE, k),
        load_weight(n1 * WEIGHT_STRIDE, k),
        load_weight(n2 * WEIGHT_STRIDE, k),
        load_weight(n3 * WEIGHT_STRIDE, k),
      ));
      p0 = multiply_add(p0, w, load_x(m0 * X_STRIDE, k));
      p1 = multiply_add(p1, w, load_x(m1 * X_STRIDE, k));
      p2 = multiply_add(p2, w, load_x(m2 * X_STRIDE, k));
      p3 = multiply_add(p3, w, load_x(m3 * X_STRIDE, k));
      p4 = multiply_add(p4, w, load_x(m4 * X_STRIDE, k));
      p5 = multiply_add(p5, w, load_x(m5 * X_STRIDE, k));
      p6 = multiply_add(p6, w, load_x(m6 * X_STRIDE, k));
      p7 = multiply_add(p7, w, load_x(m7 * X_STRIDE, k));
    }
    let index = block / WEIGHT_BLOCK;
    let scale = vec4f(
      weight_scale(n0, index), weight_scale(n1, index), weight_scale(n2, index), weight_scale(n3, index),
    );
    y0 += p0 * scale;
    y1 += p1 * scale;
    y2 += p2 * scale;
    y3 += p3 * scale;
    y4 += p4 * scale;
    y5 += p5 * scale;
    y6 += p6 * scale;
    y7 += p7 * scale;
  }

  for (var r = 0u; r < RANK4; r++) {
    let w = transpose(mat4x4f(
      load_b(n0 * H_STRIDE, r), load_b(n1 * H_STRIDE, r), load_b(n2 * H_STRIDE, r), load_b(n3 * H_STRIDE, r),
    ));
    y0 = multiply_add(y0, w, load_h(m0 * H_STRIDE, r));
    y1 = multiply_add(y1, w, load_h(m1 * H_STRIDE, r));
    y2 = multiply_add(y2, w, load_h(m2 * H_STRIDE, r));
    y3 = multiply_add(y3, w, load_h(m3 * H_STRIDE, r));
    y4 = multiply_add(y4, w, load_h(m4 * H_STRIDE, r));
    y5 = multiply_add(y5, w, load_h(m5 * H_STRIDE, r));
    y6 = multiply_add(y6, w, load_h(m6 * H_STRIDE, r));
    y7 = multiply_add(y7, w, load_h(m7 * H_STRIDE, r));
  }

  store(row, output, y0);
  store(row + 1u, output, y1);
  store(row + 2u, output, y2);
  store(row + 3u, output, y3);
  store(row + 4u, output, y4);
  store(row + 5u, output, y5);
  store(row + 6u, output, y6);
  store(row + 7u, output, y7);
}
