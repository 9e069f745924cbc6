// The gradients of both matrices of an adapter in one dispatch: products that contract over rows (tokens).
//
//   d_a[r,c] = sum_m dh[m,r] * x[m,c]      d_b[n,r] = sum_m dy[m,n] * h[m,r]
//
// x         [ROWS, COLUMNS]
// dh, h     [ROWS, PLANES * RANK], with the adapter's scale in them; each plane of outputs has its own ranks
// dy        [ROWS, OUTPUTS], or in planes: see linear_sizes.wgsl
// d_a, d_b  [PLANES * RANK, COLUMNS], [OUTPUTS, RANK]; added to when ACCUMULATE is 1
//
// COLUMNS, OUTPUTS and RANK are multiples of 4. The first workgroups make d_a, the others d_b. The tiles, and the order of a sum,
// are those of gradient.wgsl: 32 columns (or outputs) by 8 ranks, over whose rows 4 groups of lanes take turns. The loop is
// there twice, since a loop that chose its operands would read both on a software adapter.

override ACCUMULATE : u32;

const WORKGROUP_SIZE = 32u;
const COLUMN_GROUPS = 8u;
const ROW_LANES = 4u;
const TILE_RANKS = 8u;

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read> dh : array<vec4f>;
@group(0) @binding(2) var<storage, read> dy : array<vec4f>;
@group(0) @binding(3) var<storage, read> h : array<vec4f>;
@group(0) @binding(4) var<storage, read_write> d_a : array<f32>;
@group(0) @binding(5) var<storage, read_write> d_b : array<f32>;

var<workgroup> partial_sums : array<vec4f, TILE_RANKS * WORKGROUP_SIZE>;

fn put_a(rank : u32, column : u32, value : f32) {
  let at = rank * sizes.columns + column;
  if (column >= sizes.columns) { return; }
  if (ACCUMULATE == 1u) { d_a[at] += value; } else { d_a[at] = value; }
}

fn put_b(output : u32, rank : u32, value : f32) {
  let at = output * RANK + rank;
  if (output >= sizes.outputs) { return; }
  if (ACCUMULATE == 1u) { d_b[at] += value; } else { d_b[at] = value; }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let index = group.y * grid.x + group.x;
  let tile = 4u * COLUMN_GROUPS;
  let across_a = (sizes.columns + tile - 1u) / tile;
  let across_b = (sizes.outputs + tile - 1u) / tile;
  let tiles_a = across_a * ((rank_count() + TILE_RANKS - 1u) / TILE_RANKS);
  let is_a = index < tiles_a;
  let own = select(index - tiles_a, index, is_a);
  let across = select(across_b, across_a, is_a);
  let column4 = own % across * COLUMN_GROUPS + lane % COLUMN_GROUPS;
  let first_rank = own / across * TILE_RANKS;
  let ranks = select(RANK, rank_count(), is_a);
  let low_rank = min(first_rank, ranks - 1u) / 4u; // in the last row of the grid there may be more workgroups than tiles
  let high_rank = min(first_rank / 4u + 1u, ranks / 4u - 1u);
  let stride = rank_count() / 4u;

  var g0 = vec4f();
  var g1 = vec4f();
  var g2 = vec4f();
  var g3 = vec4f();
  var g4 = vec4f();
  var g5 = vec4f();
  var g6 = vec4f();
  var g7 = vec4f();
  if (is_a) {
    let columns4 = sizes.columns / 4u;
    let column = min(column4, columns4 - 1u);
    for (var m = lane / COLUMN_GROUPS; m < sizes.rows; m += ROW_LANES) {
      let value = x[m * columns4 + column];
      let low = dh[m * stride + low_rank];
      let high = dh[m * stride + high_rank];
      g0 += value * low.x;
      g1 += value * low.y;
      g2 += value * low.z;
      g3 += value * low.w;
      g4 += value * high.x;
      g5 += value * high.y;
      g6 += value * high.z;
      g7 += value * high.w;
    }
  } else {
    let output = 4u * min(column4, sizes.outputs / 4u - 1u);
    let plane = plane_of(output);
    let offset = plane * (RANK / 4u);
    for (var m = lane / COLUMN_GROUPS; m < sizes.rows; m += ROW_LANES) {
      let value = dy[(row_of_plane(m, plane) + output) / 4u];
      let low = h[m * stride + offset + low_rank];
      let high = h[m * stride + offset + high_rank];
      g0 += value * low.x;
      g1 += value * low.y;
      g2 += value * low.z;
      g3 += value * low.w;
      g4 += value * high.x;
      g5 += value * high.y;
      g6 += value * high.z;
      g7 += value * high.w;
    }
  }
  partial_sums[lane] = g0;
  partial_sums[WORKGROUP_SIZE + lane] = g1;
  partial_sums[2u * WORKGROUP_SIZE + lane] = g2;
  partial_sums[3u * WORKGROUP_SIZE + lane] = g3;
  partial_sums[4u * WORKGROUP_SIZE + lane] = g4;
  partial_sums[5u * WORKGROUP_SIZE + lane] = g5;
  partial_sums[6u * WORKGROUP_SIZE + lane] = g6;
  partial_sums[7u * WORKGROUP_SIZE + lane] = g7;
  workgroupBarrier();

  for (var i = lane; i < TILE_RANKS * COLUMN_GROUPS; i += WORKGROUP_SIZE) {
    let group_column = i % COLUMN_GROUPS;
    let rank = first_rank + i / COLUMN_GROUPS;
    if (rank >= ranks) { break; }
    let start = i / COLUMN_GROUPS * WORKGROUP_SIZE + group_column;
    var sum = vec4f();
    for (var row_lane = 0u; row_lane < ROW_LANES; row_lane++) { sum += partial_sums[start + row_lane * COLUMN_GROUPS]; }
    let column = 4u * (own % across * COLUMN_GROUPS + group_column);
    if (is_a) {
      put_a(rank, column, sum.x);
      put_a(rank, column + 1u, sum.y);
      put_a(rank, column + 2u, sum.z);
      put_a(rank, column + 3u, sum.w);
    } else {
      put_b(column, rank, sum.x);
      put_b(column + 1u, rank, sum.y);
      put_b(column + 2u, rank, sum.z);
      put_b(column + 3u, rank, sum.w);
    }
  }
}
