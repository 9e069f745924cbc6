// The gradient of an adapter matrix: a product that contracts over rows (tokens).
//
//   gradient[r,c] = sum_m narrow[m,r] * wide[m,c]     for dA, with narrow = dh and wide = x
//   gradient[c,r] = the same, TRANSPOSED              for dB, with narrow = h  and wide = dy
//
// wide      [ROWS, COLUMNS]
// narrow    [ROWS, RANK], with the adapter's scale in it
// gradient  [RANK, COLUMNS] or [COLUMNS, RANK]; added to when ACCUMULATE is 1
//
// A workgroup takes 32 columns by 8 ranks; its 4 groups of lanes take turns over the rows, and their sums
// are added in a fixed order. Columns and ranks beyond the end are computed from what is at hand and not
// stored.

override RANK : u32;
override TRANSPOSED : u32;
override ACCUMULATE : u32;

const WORKGROUP_SIZE = 32u;
const COLUMN_GROUPS = 8u;
const ROW_LANES = 4u;
const TILE_RANKS = 8u;

@group(0) @binding(2) var<storage, read_write> gradient : array<f32>;

var<workgroup> partial_sums : array<vec4f, TILE_RANKS * WORKGROUP_SIZE>;

fn put(column : u32, rank : u32, value : f32) {
  if (column >= sizes.columns) { return; }
  let at = select(rank * sizes.columns + column, column * RANK + rank, TRANSPOSED == 1u);
  if (ACCUMULATE == 1u) { gradient[at] += value; } else { gradient[at] = value; }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let column4 = group.x * COLUMN_GROUPS + lane % COLUMN_GROUPS;
  let first_rank = group.y * TILE_RANKS;

  var g0 = vec4f();
  var g1 = vec4f();
  var g2 = vec4f();
  var g3 = vec4f();
  var g4 = vec4f();
  var g5 = vec4f();
  var g6 = vec4f();
  var g7 = vec4f();
  for (var m = lane / COLUMN_GROUPS; m < sizes.rows; m += ROW_LANES) {
    let value = load_wide(m, column4);
    let low = load_narrow(m, first_rank / 4u);
    let high = load_narrow(m, first_rank / 4u + 1u);
    g0 += value * low.x;
    g1 += value * low.y;
    g2 += value * low.z;
    g3 += value * low.w;
    g4 += value * high.x;
    g5 += value * high.y;
    g6 += value * high.z;
    g7 += value * high.w;
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
    if (rank >= RANK) { break; }
    let start = i / COLUMN_GROUPS * WORKGROUP_SIZE + group_column;
    var sum = vec4f();
    for (var row_lane = 0u; row_lane < ROW_LANES; row_lane++) { sum += partial_sums[start + row_lane * COLUMN_GROUPS]; }
    let column = 4u * (group.x * COLUMN_GROUPS + group_column);
    put(column, rank, sum.x);
    put(column + 1u, rank, sum.y);
    put(column + 2u, rank, sum.z);
    put(column + 3u, rank, sum.w);
  }
}
