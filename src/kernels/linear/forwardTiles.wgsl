// Linear layer, forward, by tiles in workgroup memory: an alternative to forward.wgsl, which has the formula and the operands.
//
// A workgroup computes 64 rows by 64 outputs, 16 columns at a time: those of x and of the weight are read once into workgroup
// memory (8 kB), turned so that four neighbours of one column lie together. A thread computes 8 rows by 4 outputs of it. So a
// number from memory serves 64 products instead of 8, an int8 weight is unpacked once for 64 rows instead of 8, and the price is
// two barriers for every 16 columns. COLUMNS is a multiple of 16.
//
// With THREAD_ROWS 4 a tile has 32 rows: twice the workgroups, for a GPU that a small layer would leave half idle.
//
// Every output adds its products in the order of forward.wgsl, with the same multiply-adds: the results are equal, bit for bit.
// The low-rank term is a few percent of the work and is read without a detour.

override THREAD_ROWS : u32; // 8 or 4
override TILE_ROWS4 : u32 = 2u * THREAD_ROWS;

const TILE = 64u;
const TILE4 = TILE / 4u;
const DEPTH4 = 4u;

var<workgroup> x_tile : array<vec4f, 4u * DEPTH4 * TILE4>;
var<workgroup> weight_tile : array<vec4f, 4u * DEPTH4 * TILE4>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let x_stride = stride_of_x();
  let weight_stride = stride_of_weight();
  let weight_block = block_of_weight();
  let columns4 = sizes.columns / 4u;
  let last_row = sizes.rows - 1u;
  let last_output = sizes.outputs - 1u;

  // What this thread reads: 4 rows of x, or of the weight, by 4 columns.
  let reads_x = lane < DEPTH4 * TILE_ROWS4;
  let reads_weight = lane >= DEPTH4 * TILE4;
  let x_row = 4u * (TILE_ROWS4 * group.y + lane % TILE_ROWS4);
  let x_depth4 = lane / TILE_ROWS4;
  let x_at = 4u * x_depth4 * TILE4 + lane % TILE_ROWS4;
  let x0 = min(x_row, last_row) * x_stride;
  let x1 = min(x_row + 1u, last_row) * x_stride;
  let x2 = min(x_row + 2u, last_row) * x_stride;
  let x3 = min(x_row + 3u, last_row) * x_stride;
  let weight_row = TILE * group.x + 4u * (lane % TILE4);
  let weight_depth4 = lane / TILE4 % DEPTH4;
  let weight_at = 4u * weight_depth4 * TILE4 + lane % TILE4;
  let w0 = min(weight_row, last_output);
  let w1 = min(weight_row + 1u, last_output);
  let w2 = min(weight_row + 2u, last_output);
  let w3 = min(weight_row + 3u, last_output);

  // What it computes: THREAD_ROWS rows by 4 outputs.
  let output4 = lane % TILE4;
  let rows4 = lane / TILE4 * (THREAD_ROWS / 4u);
  let output = TILE * group.x + 4u * output4;
  let row = 4u * (TILE_ROWS4 * group.y + rows4);
  let n0 = min(output, last_output);
  let n1 = min(output + 1u, last_output);
  let n2 = min(output + 2u, last_output);
  let n3 = min(output + 3u, last_output);

  let bias = vec4f(load_bias(n0), load_bias(n1), load_bias(n2), load_bias(n3));
  var s0 = bias;
  var s1 = bias;
  var s2 = bias;
  var s3 = bias;
  var s4 = bias;
  var s5 = bias;
  var s6 = bias;
  var s7 = bias;

  for (var first = 0u; first < columns4; first += DEPTH4) {
    if (reads_x) {
      let k = first + x_depth4;
      let turned = transpose(mat4x4f(load_x(x0, k), load_x(x1, k), load_x(x2, k), load_x(x3, k)));
      x_tile[x_at] = turned[0];
      x_tile[x_at + TILE4] = turned[1];
      x_tile[x_at + 2u * TILE4] = turned[2];
      x_tile[x_at + 3u * TILE4] = turned[3];
    }
    if (reads_weight) {
      let k = first + weight_depth4;
      let block = k / weight_block;
      let turned = transpose(mat4x4f(
        weight_scale(w0, block) * load_weight(w0 * weight_stride, k),
        weight_scale(w1, block) * load_weight(w1 * weight_stride, k),
        weight_scale(w2, block) * load_weight(w2 * weight_stride, k),
        weight_scale(w3, block) * load_weight(w3 * weight_stride, k),
      ));
      weight_tile[weight_at] = turned[0];
      weight_tile[weight_at + TILE4] = turned[1];
      weight_tile[weight_at + 2u * TILE4] = turned[2];
      weight_tile[weight_at + 3u * TILE4] = turned[3];
    }
    workgroupBarrier();
    for (var column = 0u; column < 4u * DEPTH4; column++) {
      let w = weight_tile[column * TILE4 + output4];
      let low = x_tile[column * TILE4 + rows4];
      s0 = fma(w, vec4f(low.x), s0);
      s1 = fma(w, vec4f(low.y), s1);
      s2 = fma(w, vec4f(low.z), s2);
      s3 = fma(w, vec4f(low.w), s3);
      if (THREAD_ROWS > 4u) {
        let high = x_tile[column * TILE4 + rows4 + 1u];
        s4 = fma(w, vec4f(high.x), s4);
        s5 = fma(w, vec4f(high.y), s5);
        s6 = fma(w, vec4f(high.z), s6);
        s7 = fma(w, vec4f(high.w), s7);
      }
    }
    workgroupBarrier();
  }

  let h_stride = stride_of_h();
  let h_offset = offset_in_h(output);
  for (var r = 0u; r < RANK4; r++) {
    let w = transpose(mat4x4f(
      load_b(n0 * B_STRIDE, r), load_b(n1 * B_STRIDE, r), load_b(n2 * B_STRIDE, r), load_b(n3 * B_STRIDE, r),
    ));
    s0 = multiply_add(s0, w, load_h(min(row, last_row) * h_stride + h_offset, r));
    s1 = multiply_add(s1, w, load_h(min(row + 1u, last_row) * h_stride + h_offset, r));
    s2 = multiply_add(s2, w, load_h(min(row + 2u, last_row) * h_stride + h_offset, r));
    s3 = multiply_add(s3, w, load_h(min(row + 3u, last_row) * h_stride + h_offset, r));
    if (THREAD_ROWS > 4u) {
      s4 = multiply_add(s4, w, load_h(min(row + 4u, last_row) * h_stride + h_offset, r));
      s5 = multiply_add(s5, w, load_h(min(row + 5u, last_row) * h_stride + h_offset, r));
      s6 = multiply_add(s6, w, load_h(min(row + 6u, last_row) * h_stride + h_offset, r));
      s7 = multiply_add(s7, w, load_h(min(row + 7u, last_row) * h_stride + h_offset, r));
    }
  }

  store(row, output, s0);
  store(row + 1u, output, s1);
  store(row + 2u, output, s2);
  store(row + 3u, output, s3);
  if (THREAD_ROWS > 4u) {
    store(row + 4u, output, s4);
    store(row + 5u, output, s5);
    store(row + 6u, output, s6);
    store(row + 7u, output, s7);
  }
}
