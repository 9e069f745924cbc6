// Linear layer, backward to x. The weight is frozen; the adapter's own gradients are in lora/.
//
//   dx[m,k] = sum_n dy[m,n] * weight[n,k] + sum_r dh[m,r] * a[r,k]
//
// dy      [ROWS, OUTPUTS]
// dx      [ROWS, COLUMNS]; added to when ACCUMULATE is 1
// weight  [OUTPUTS, COLUMNS], float or int8
// dh, a   [ROWS, RANK], [RANK, COLUMNS]; dh has the adapter's scale in it
//
// A thread computes 8 rows by 4 columns in named registers, as in forward.wgsl. Rows beyond the end repeat
// the last one and are not stored; outputs beyond the end are multiplied by the zeros that `load_dy` gives.

override ROWS : u32;
override COLUMNS : u32;
override OUTPUTS : u32;
override ACCUMULATE : u32;

const TILE_ROWS = 8u;

@group(0) @binding(1) var<storage, read_write> dx : array<f32>;

fn put(at : u32, value : f32) {
  if (ACCUMULATE == 1u) { dx[at] += value; } else { dx[at] = value; }
}

fn store(row : u32, column : u32, value : vec4f) {
  if (row >= ROWS) { return; }
  let at = row * COLUMNS + column;
  put(at, value.x);
  if (column + 1u < COLUMNS) { put(at + 1u, value.y); }
  if (column + 2u < COLUMNS) { put(at + 2u, value.z); }
  if (column + 3u < COLUMNS) { put(at + 3u, value.w); }
}

fn scaled_weight(output : u32, column4 : u32) -> vec4f {
  let n = min(output, OUTPUTS - 1u);
  return load_weight(n * WEIGHT_STRIDE, column4) * weight_scale(n, column4 / WEIGHT_BLOCK);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let column4 = id.x;
  let row = id.y * TILE_ROWS;
  if (4u * column4 >= COLUMNS || row >= ROWS) { return; }

  let m0 = row;
  let m1 = min(row + 1u, ROWS - 1u);
  let m2 = min(row + 2u, ROWS - 1u);
  let m3 = min(row + 3u, ROWS - 1u);
  let m4 = min(row + 4u, ROWS - 1u);
  let m5 = min(row + 5u, ROWS - 1u);
  let m6 = min(row + 6u, ROWS - 1u);
  let m7 = min(row + 7u, ROWS - 1u);

  var dx0 = vec4f();
  var dx1 = vec4f();
  var dx2 = vec4f();
  var dx3 = vec4f();
  var dx4 = vec4f();
  var dx5 = vec4f();
  var dx6 = vec4f();
  var dx7 = vec4f();

  for (var n = 0u; n < (OUTPUTS + 3u) / 4u; n++) {
    let w = mat4x4f(
      scaled_weight(4u * n, column4),
      scaled_weight(4u * n + 1u, column4),
      scaled_weight(4u * n + 2u, column4),
      scaled_weight(4u * n + 3u, column4),
    );
    dx0 = multiply_add(dx0, w, load_dy(m0 * DY_STRIDE, n));
    dx1 = multiply_add(dx1, w, load_dy(m1 * DY_STRIDE, n));
    dx2 = multiply_add(dx2, w, load_dy(m2 * DY_STRIDE, n));
    dx3 = multiply_add(dx3, w, load_dy(m3 * DY_STRIDE, n));
    dx4 = multiply_add(dx4, w, load_dy(m4 * DY_STRIDE, n));
    dx5 = multiply_add(dx5, w, load_dy(m5 * DY_STRIDE, n));
    dx6 = multiply_add(dx6, w, load_dy(m6 * DY_STRIDE, n));
    dx7 = multiply_add(dx7, w, load_dy(m7 * DY_STRIDE, n));
  }

  for (var r = 0u; r < RANK4; r++) {
    let w = mat4x4f(
      load_a(4u * r, column4), load_a(4u * r + 1u, column4), load_a(4u * r + 2u, column4), load_a(4u * r + 3u, column4),
    );
    dx0 = multiply_add(dx0, w, load_dh(m0 * DH_STRIDE, r));
    dx1 = multiply_add(dx1, w, load_dh(m1 * DH_STRIDE, r));
    dx2 = multiply_add(dx2, w, load_dh(m2 * DH_STRIDE, r));
    dx3 = multiply_add(dx3, w, load_dh(m3 * DH_STRIDE, r));
    dx4 = multiply_add(dx4, w, load_dh(m4 * DH_STRIDE, r));
    dx5 = multiply_add(dx5, w, load_dh(m5 * DH_STRIDE, r));
    dx6 = multiply_add(dx6, w, load_dh(m6 * DH_STRIDE, r));
    dx7 = multiply_add(dx7, w, load_dh(m7 * DH_STRIDE, r));
  }

  let column = 4u * column4;
  store(row, column, dx0);
  store(row + 1u, column, dx1);
  store(row + 2u, column, dx2);
  store(row + 3u, column, dx3);
  store(row + 4u, column, dx4);
  store(row + 5u, column, dx5);
  store(row + 6u, column, dx6);
  store(row + 7u, column, dx7);
}
