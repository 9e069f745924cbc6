// Linear layer, backward to x, by tiles in workgroup memory: an alternative to backward.wgsl, which has the formula and the
// operands.
//
// A workgroup computes 64 or 32 rows by 64 columns, 16 outputs at a time; see forwardTiles.wgsl. dy is turned as x is there; the weight
// lies as it is needed. OUTPUTS is a multiple of 16, COLUMNS of 4. The results are those of backward.wgsl, bit for bit.

override THREAD_ROWS : u32; // 8 or 4
override TILE_ROWS4 : u32 = 2u * THREAD_ROWS;

const TILE = 64u;
const TILE4 = TILE / 4u;
const DEPTH4 = 4u;

var<workgroup> dy_tile : array<vec4f, 4u * DEPTH4 * TILE4>;
var<workgroup> weight_tile : array<vec4f, 4u * DEPTH4 * TILE4>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let weight_stride = stride_of_weight();
  let columns4 = sizes.columns / 4u;
  let outputs4 = sizes.outputs / 4u;
  let last_row = sizes.rows - 1u;

  // What this thread reads: 4 rows of dy by 4 outputs, or 4 outputs of the weight by 4 columns.
  let reads_dy = lane < DEPTH4 * TILE_ROWS4;
  let reads_weight = lane >= DEPTH4 * TILE4;
  let dy_row = 4u * (TILE_ROWS4 * group.y + lane % TILE_ROWS4);
  let dy_depth4 = lane / TILE_ROWS4;
  let dy_at = 4u * dy_depth4 * TILE4 + lane % TILE_ROWS4;
  let m0 = min(dy_row, last_row);
  let m1 = min(dy_row + 1u, last_row);
  let m2 = min(dy_row + 2u, last_row);
  let m3 = min(dy_row + 3u, last_row);
  let weight_column4 = min(TILE4 * group.x + lane % TILE4, columns4 - 1u);
  let weight_depth4 = lane / TILE4 % DEPTH4;
  let weight_at = 4u * weight_depth4 * TILE4 + lane % TILE4;
  let block = weight_column4 / block_of_weight();

  // What it computes: THREAD_ROWS rows by 4 columns.
  let within4 = lane % TILE4;
  let rows4 = lane / TILE4 * (THREAD_ROWS / 4u);
  let column = TILE * group.x + 4u * within4;
  let column4 = min(column / 4u, columns4 - 1u);
  let row = 4u * (TILE_ROWS4 * group.y + rows4);

  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var s4 = vec4f();
  var s5 = vec4f();
  var s6 = vec4f();
  var s7 = vec4f();

  for (var first = 0u; first < outputs4; first += DEPTH4) {
    if (reads_dy) {
      let n = first + dy_depth4;
      let plane = plane_of(4u * n);
      let turned = transpose(mat4x4f(
        load_dy(start_of_dy(m0, plane), n),
        load_dy(start_of_dy(m1, plane), n),
        load_dy(start_of_dy(m2, plane), n),
        load_dy(start_of_dy(m3, plane), n),
      ));
      dy_tile[dy_at] = turned[0];
      dy_tile[dy_at + TILE4] = turned[1];
      dy_tile[dy_at + 2u * TILE4] = turned[2];
      dy_tile[dy_at + 3u * TILE4] = turned[3];
    }
    if (reads_weight) {
      let n0 = 4u * (first + weight_depth4);
      let n1 = n0 + 1u;
      let n2 = n0 + 2u;
      let n3 = n0 + 3u;
      weight_tile[weight_at] = weight_scale(n0, block) * load_weight(n0 * weight_stride, weight_column4);
      weight_tile[weight_at + TILE4] = weight_scale(n1, block) * load_weight(n1 * weight_stride, weight_column4);
      weight_tile[weight_at + 2u * TILE4] = weight_scale(n2, block) * load_weight(n2 * weight_stride, weight_column4);
      weight_tile[weight_at + 3u * TILE4] = weight_scale(n3, block) * load_weight(n3 * weight_stride, weight_column4);
    }
    workgroupBarrier();
    for (var output = 0u; output < 4u * DEPTH4; output++) {
      let w = weight_tile[output * TILE4 + within4];
      let low = dy_tile[output * TILE4 + rows4];
      s0 = fma(w, vec4f(low.x), s0);
      s1 = fma(w, vec4f(low.y), s1);
      s2 = fma(w, vec4f(low.z), s2);
      s3 = fma(w, vec4f(low.w), s3);
      if (THREAD_ROWS > 4u) {
        let high = dy_tile[output * TILE4 + rows4 + 1u];
        s4 = fma(w, vec4f(high.x), s4);
        s5 = fma(w, vec4f(high.y), s5);
        s6 = fma(w, vec4f(high.z), s6);
        s7 = fma(w, vec4f(high.w), s7);
      }
    }
    workgroupBarrier();
  }

  let dh_stride = stride_of_dh();
  for (var r = 0u; r < ranks4(); r++) {
    let w = mat4x4f(
      load_a(4u * r, column4),
      load_a(4u * r + 1u, column4),
      load_a(4u * r + 2u, column4),
      load_a(4u * r + 3u, column4),
    );
    s0 = multiply_add(s0, w, load_dh(min(row, last_row) * dh_stride, r));
    s1 = multiply_add(s1, w, load_dh(min(row + 1u, last_row) * dh_stride, r));
    s2 = multiply_add(s2, w, load_dh(min(row + 2u, last_row) * dh_stride, r));
    s3 = multiply_add(s3, w, load_dh(min(row + 3u, last_row) * dh_stride, r));
    if (THREAD_ROWS > 4u) {
      s4 = multiply_add(s4, w, load_dh(min(row + 4u, last_row) * dh_stride, r));
      s5 = multiply_add(s5, w, load_dh(min(row + 5u, last_row) * dh_stride, r));
      s6 = multiply_add(s6, w, load_dh(min(row + 6u, last_row) * dh_stride, r));
      s7 = multiply_add(s7, w, load_dh(min(row + 7u, last_row) * dh_stride, r));
    }
  }

  store(row, column, s0);
  store(row + 1u, column, s1);
  store(row + 2u, column, s2);
  store(row + 3u, column, s3);
  if (THREAD_ROWS > 4u) {
    store(row + 4u, column, s4);
    store(row + 5u, column, s5);
    store(row + 6u, column, s6);
    store(row + 7u, column, s7);
  }
}
