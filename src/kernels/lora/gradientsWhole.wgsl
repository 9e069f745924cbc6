// The gradients of both matrices of an adapter in one dispatch, as gradients.wgsl, where a sum is so short, or the matrices so
// large, that one thread may do all of it: no workgroup memory and no barrier.
//
// A thread computes 8 rows of a matrix by 8 of its columns in named registers, as in linear/weightGradient.wgsl and in the same
// order. The first threads make d_a, the others d_b. What is beyond the last row or column repeats it and is not stored.

override ACCUMULATE : u32;

const TILE = 8u;

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read> dh : array<vec4f>;
@group(0) @binding(2) var<storage, read> dy : array<vec4f>;
@group(0) @binding(3) var<storage, read> h : array<vec4f>;
@group(0) @binding(4) var<storage, read_write> d_a : array<vec4f>;
@group(0) @binding(5) var<storage, read_write> d_b : array<vec4f>;

fn store_a(rank : u32, column4 : u32, value : vec4f) {
  let columns4 = sizes.columns / 4u;
  if (rank >= rank_count() || column4 >= columns4) { return; }
  let at = rank * columns4 + column4;
  if (ACCUMULATE == 1u) { d_a[at] += value; } else { d_a[at] = value; }
}

fn store_b(output : u32, rank4 : u32, value : vec4f) {
  if (output >= sizes.outputs || rank4 >= RANK / 4u) { return; }
  let at = output * (RANK / 4u) + rank4;
  if (ACCUMULATE == 1u) { d_b[at] += value; } else { d_b[at] = value; }
}

fn tiles(count : u32) -> u32 { return (count + TILE - 1u) / TILE; }

@compute @workgroup_size(32)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let index = (group.y * grid.x + group.x) * 32u + lane;
  let tiles_a = tiles(rank_count()) * tiles(sizes.columns);
  if (index >= tiles_a + tiles(sizes.outputs) * tiles(RANK)) { return; }
  let is_a = index < tiles_a;
  let own = select(index - tiles_a, index, is_a);
  let across = tiles(select(RANK, sizes.columns, is_a));
  let column4 = own % across * 2u;
  let row = own / across * TILE;
  let stride = rank_count() / 4u;

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

  if (is_a) {
    let columns4 = sizes.columns / 4u;
    let column_high = min(column4 + 1u, columns4 - 1u);
    let rank_low = row / 4u;
    let rank_high = min(rank_low + 1u, stride - 1u);
    for (var m = 0u; m < sizes.rows; m++) {
      let left_low = dh[m * stride + rank_low];
      let left_high = dh[m * stride + rank_high];
      let right_low = x[m * columns4 + column4];
      let right_high = x[m * columns4 + column_high];
      low0 = fma(vec4f(left_low.x), right_low, low0);
      high0 = fma(vec4f(left_low.x), right_high, high0);
      low1 = fma(vec4f(left_low.y), right_low, low1);
      high1 = fma(vec4f(left_low.y), right_high, high1);
      low2 = fma(vec4f(left_low.z), right_low, low2);
      high2 = fma(vec4f(left_low.z), right_high, high2);
      low3 = fma(vec4f(left_low.w), right_low, low3);
      high3 = fma(vec4f(left_low.w), right_high, high3);
      low4 = fma(vec4f(left_high.x), right_low, low4);
      high4 = fma(vec4f(left_high.x), right_high, high4);
      low5 = fma(vec4f(left_high.y), right_low, low5);
      high5 = fma(vec4f(left_high.y), right_high, high5);
      low6 = fma(vec4f(left_high.z), right_low, low6);
      high6 = fma(vec4f(left_high.z), right_high, high6);
      low7 = fma(vec4f(left_high.w), right_low, low7);
      high7 = fma(vec4f(left_high.w), right_high, high7);
    }
    store_a(row, column4, low0);
    store_a(row, column4 + 1u, high0);
    store_a(row + 1u, column4, low1);
    store_a(row + 1u, column4 + 1u, high1);
    store_a(row + 2u, column4, low2);
    store_a(row + 2u, column4 + 1u, high2);
    store_a(row + 3u, column4, low3);
    store_a(row + 3u, column4 + 1u, high3);
    store_a(row + 4u, column4, low4);
    store_a(row + 4u, column4 + 1u, high4);
    store_a(row + 5u, column4, low5);
    store_a(row + 5u, column4 + 1u, high5);
    store_a(row + 6u, column4, low6);
    store_a(row + 6u, column4 + 1u, high6);
    store_a(row + 7u, column4, low7);
    store_a(row + 7u, column4 + 1u, high7);
  } else {
    let plane = plane_of(row);
    let rank_low = plane * (RANK / 4u) + column4;
    let rank_high = plane * (RANK / 4u) + min(column4 + 1u, RANK / 4u - 1u);
    let beyond = min(row + 4u, sizes.outputs - 4u);
    for (var m = 0u; m < sizes.rows; m++) {
      let start = row_of_plane(m, plane);
      let left_low = dy[(start + row) / 4u];
      let left_high = dy[(start + beyond) / 4u];
      let right_low = h[m * stride + rank_low];
      let right_high = h[m * stride + rank_high];
      low0 = fma(vec4f(left_low.x), right_low, low0);
      high0 = fma(vec4f(left_low.x), right_high, high0);
      low1 = fma(vec4f(left_low.y), right_low, low1);
      high1 = fma(vec4f(left_low.y), right_high, high1);
      low2 = fma(vec4f(left_low.z), right_low, low2);
      high2 = fma(vec4f(left_low.z), right_high, high2);
      low3 = fma(vec4f(left_low.w), right_low, low3);
      high3 = fma(vec4f(left_low.w), right_high, high3);
      low4 = fma(vec4f(left_high.x), right_low, low4);
      high4 = fma(vec4f(left_high.x), right_high, high4);
      low5 = fma(vec4f(left_high.y), right_low, low5);
      high5 = fma(vec4f(left_high.y), right_high, high5);
      low6 = fma(vec4f(left_high.z), right_low, low6);
      high6 = fma(vec4f(left_high.z), right_high, high6);
      low7 = fma(vec4f(left_high.w), right_low, low7);
      high7 = fma(vec4f(left_high.w), right_high, high7);
    }
    store_b(row, column4, low0);
    store_b(row, column4 + 1u, high0);
    store_b(row + 1u, column4, low1);
    store_b(row + 1u, column4 + 1u, high1);
    store_b(row + 2u, column4, low2);
    store_b(row + 2u, column4 + 1u, high2);
    store_b(row + 3u, column4, low3);
    store_b(row + 3u, column4 + 1u, high3);
    store_b(row + 4u, column4, low4);
    store_b(row + 4u, column4 + 1u, high4);
    store_b(row + 5u, column4, low5);
    store_b(row + 5u, column4 + 1u, high5);
    store_b(row + 6u, column4, low6);
    store_b(row + 6u, column4 + 1u, high6);
    store_b(row + 7u, column4, low7);
    store_b(row + 7u, column4 + 1u, high7);
  }
}
