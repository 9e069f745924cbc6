// Linear layer, forward, for at most 8 rows: the decoding of one or a few sequences. The formula and the
// operands are those of forward.wgsl.
//
// Reading the weight is all the time there is, so it is read once: a workgroup takes 4 outputs and all
// rows, its lanes take turns over the columns, and their sums are added in a tree.

override ROWS : u32;
override COLUMNS : u32;
override OUTPUTS : u32;

const WORKGROUP_SIZE = 64u;
const MAX_ROWS = 8u;
const TILE_OUTPUTS = 4u;

@group(0) @binding(1) var<storage, read_write> y : array<f32>;

var<workgroup> partial_sums : array<vec4f, WORKGROUP_SIZE * MAX_ROWS>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let output = (group.y * grid.x + group.x) * TILE_OUTPUTS;
  if (output >= OUTPUTS) { return; } // the 2-D grid can be larger than OUTPUTS
  let n0 = output;
  let n1 = min(output + 1u, OUTPUTS - 1u);
  let n2 = min(output + 2u, OUTPUTS - 1u);
  let n3 = min(output + 3u, OUTPUTS - 1u);

  var y0 = vec4f();
  var y1 = vec4f();
  var y2 = vec4f();
  var y3 = vec4f();
  var y4 = vec4f();
  var y5 = vec4f();
  var y6 = vec4f();
  var y7 = vec4f();

  for (var k = lane; k < (COLUMNS + 3u) / 4u; k += WORKGROUP_SIZE) {
    let block = k / WEIGHT_BLOCK;
    let w = transpose(mat4x4f(
      load_weight(n0 * WEIGHT_STRIDE, k) * weight_scale(n0, block),
      load_weight(n1 * WEIGHT_STRIDE, k) * weight_scale(n1, block),
      load_weight(n2 * WEIGHT_STRIDE, k) * weight_scale(n2, block),
      load_weight(n3 * WEIGHT_STRIDE, k) * weight_scale(n3, block),
    ));
    // ROWS is a constant of the pipeline: what is not needed is not compiled.
    y0 = multiply_add(y0, w, load_x(0u, k));
    if (ROWS > 1u) { y1 = multiply_add(y1, w, load_x(X_STRIDE, k)); }
    if (ROWS > 2u) { y2 = multiply_add(y2, w, load_x(2u * X_STRIDE, k)); }
    if (ROWS > 3u) { y3 = multiply_add(y3, w, load_x(3u * X_STRIDE, k)); }
    if (ROWS > 4u) { y4 = multiply_add(y4, w, load_x(4u * X_STRIDE, k)); }
    if (ROWS > 5u) { y5 = multiply_add(y5, w, load_x(5u * X_STRIDE, k)); }
    if (ROWS > 6u) { y6 = multiply_add(y6, w, load_x(6u * X_STRIDE, k)); }
    if (ROWS > 7u) { y7 = multiply_add(y7, w, load_x(7u * X_STRIDE, k)); }
  }

  for (var r = lane; r < RANK4; r += WORKGROUP_SIZE) {
    let w = transpose(mat4x4f(
      load_b(n0 * H_STRIDE, r), load_b(n1 * H_STRIDE, r), load_b(n2 * H_STRIDE, r), load_b(n3 * H_STRIDE, r),
    ));
    y0 = multiply_add(y0, w, load_h(0u, r));
    if (ROWS > 1u) { y1 = multiply_add(y1, w, load_h(H_STRIDE, r)); }
    if (ROWS > 2u) { y2 = multiply_add(y2, w, load_h(2u * H_STRIDE, r)); }
    if (ROWS > 3u) { y3 = multiply_add(y3, w, load_h(3u * H_STRIDE, r)); }
    if (ROWS > 4u) { y4 = multiply_add(y4, w, load_h(4u * H_STRIDE, r)); }
    if (ROWS > 5u) { y5 = multiply_add(y5, w, load_h(5u * H_STRIDE, r)); }
    if (ROWS > 6u) { y6 = multiply_add(y6, w, load_h(6u * H_STRIDE, r)); }
    if (ROWS > 7u) { y7 = multiply_add(y7, w, load_h(7u * H_STRIDE, r)); }
  }

  partial_sums[lane] = y0;
  if (ROWS > 1u) { partial_sums[WORKGROUP_SIZE + lane] = y1; }
  if (ROWS > 2u) { partial_sums[2u * WORKGROUP_SIZE + lane] = y2; }
  if (ROWS > 3u) { partial_sums[3u * WORKGROUP_SIZE + lane] = y3; }
  if (ROWS > 4u) { partial_sums[4u * WORKGROUP_SIZE + lane] = y4; }
  if (ROWS > 5u) { partial_sums[5u * WORKGROUP_SIZE + lane] = y5; }
  if (ROWS > 6u) { partial_sums[6u * WORKGROUP_SIZE + lane] = y6; }
  if (ROWS > 7u) { partial_sums[7u * WORKGROUP_SIZE + lane] = y7; }
  workgroupBarrier();
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    // The `half` lanes of every row are spread over the whole workgroup.
    for (var i = lane; i < half * ROWS; i += WORKGROUP_SIZE) {
      let at = i / half * WORKGROUP_SIZE + i % half;
      partial_sums[at] += partial_sums[at + half];
    }
    workgroupBarrier();
  }

  if (lane < 4u * ROWS && output + lane % 4u < OUTPUTS) {
    let n = output + lane % 4u;
    let row = lane / 4u;
    y[row * OUTPUTS + n] = partial_sums[row * WORKGROUP_SIZE][lane % 4u] + load_bias(n);
  }
}
