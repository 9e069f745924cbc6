// Causal attention, backward to the queries.
//
//   p[i,j]  = exp(SCALE * q[i]·k[j] - log_sum_exp[i])          for keys i - positions[i] <= j <= i
//   ds[i,j] = p[i,j] * (d_output[i]·v[j] - row_dot[i]),        row_dot[i] = d_output[i]·output[i]
//   dq[i]   = SCALE * sum_j ds[i,j] * k[j]
//
// q, output, d_output, dq  [BATCH, TOKENS, HEADS, D] as packs of floats; dq is added to when ACCUMULATE is 1
// k, v                     [BATCH, TOKENS, KEY_VALUE_HEADS, D]
// positions                [BATCH, TOKENS]
// statistics               [BATCH, HEADS, TOKENS, 2]: log_sum_exp, from the forward pass, and row_dot, set here for the
//                          keys' and values' backward. Side by side, because a kernel may bind no more than eight buffers.
//
// Tiled like the forward pass, see attend.wgsl: lanes own four query rows and two packs of dq.
//
// Dao 2023, https://arxiv.org/abs/2307.08691, algorithm 2, split in two so that no sum needs atomics.

override WORKGROUP_SIZE : u32 = 32u; // not less than PACK_LANES
override BATCH : u32;
override TOKENS : u32;
override HEADS : u32;
override GROUP : u32;
override PACKS : u32;
override PACK_LANES : u32; // a power of two, not less than half of PACKS
override SCALE : f32;
override ACCUMULATE : u32;

override KEY_VALUE_HEADS : u32 = HEADS / GROUP;
override ROW_LANES : u32 = WORKGROUP_SIZE / PACK_LANES;
override ROWS_PER_TILE : u32 = 4u * ROW_LANES;
override KEYS_PER_TILE : u32 = 8u * PACK_LANES;
override TILES : u32 = (TOKENS + ROWS_PER_TILE - 1u) / ROWS_PER_TILE;
override TILE_LENGTH : u32 = 8u * WORKGROUP_SIZE; // KEYS_PER_TILE * ROW_LANES

const MASKED = -1e30;

@group(0) @binding(0) var<storage, read> q : array<Pack>;
@group(0) @binding(1) var<storage, read> k : array<Pack>;
@group(0) @binding(2) var<storage, read> v : array<Pack>;
@group(0) @binding(3) var<storage, read> output : array<Pack>;
@group(0) @binding(4) var<storage, read> d_output : array<Pack>;
@group(0) @binding(5) var<storage, read> positions : array<u32>;
@group(0) @binding(6) var<storage, read_write> statistics : array<vec2f>;
@group(0) @binding(7) var<storage, read_write> dq : array<Pack>;

var<workgroup> lane_values : array<vec4f, WORKGROUP_SIZE>;
var<workgroup> score_gradients : array<vec4f, TILE_LENGTH>; // [key of the tile, row lane]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let index = group.y * grid.x + group.x;
  if (index >= TILES * BATCH * HEADS) { return; }
  let tile = TILES - 1u - index / (BATCH * HEADS); // the longest first: they end last
  let batch_head = index % (BATCH * HEADS);
  let batch = batch_head / HEADS;
  let head = batch_head % HEADS;

  let column = lane % PACK_LANES;
  let row_lane = lane / PACK_LANES;
  // This lane's two packs of dq. Lanes beyond the head's width repeat its last pack and store nothing.
  let low_pack = min(column, PACKS - 1u);
  let high_pack = min(column + PACK_LANES, PACKS - 1u);
  let first_row = tile * ROWS_PER_TILE + 4u * row_lane;

  // Rows and keys beyond the end read the last one, and are masked or not stored.
  let rows = min(vec4u(first_row) + vec4u(0u, 1u, 2u, 3u), vec4u(TOKENS - 1u));
  let q_starts = ((batch * TOKENS + rows) * HEADS + head) * PACKS;
  let key_stride = KEY_VALUE_HEADS * PACKS;
  let key_base = (batch * TOKENS * KEY_VALUE_HEADS + head / GROUP) * PACKS;
  let key_end = min((tile + 1u) * ROWS_PER_TILE, TOKENS);
  let row_statistics = batch_head * TOKENS + rows;
  let normalizers = vec4f(
    statistics[row_statistics.x].x, statistics[row_statistics.y].x,
    statistics[row_statistics.z].x, statistics[row_statistics.w].x,
  );
  let row_dots = row_dots_of(q_starts, column, row_lane * PACK_LANES);
  let first = vec4u(
    first_visible(batch, rows.x), first_visible(batch, rows.y), first_visible(batch, rows.z), first_visible(batch, rows.w)
  );
  let key_start = first_visible(batch, tile * ROWS_PER_TILE) / KEYS_PER_TILE * KEYS_PER_TILE;

  var low0 = Pack(0.0);
  var low1 = Pack(0.0);
  var low2 = Pack(0.0);
  var low3 = Pack(0.0);
  var high0 = Pack(0.0);
  var high1 = Pack(0.0);
  var high2 = Pack(0.0);
  var high3 = Pack(0.0);

  for (var first_key = key_start; first_key < key_end; first_key += KEYS_PER_TILE) {
    let near = vec4u(first_key + column) + PACK_LANES * vec4u(0u, 1u, 2u, 3u);
    let far = near + 4u * PACK_LANES;
    let near_starts = key_base + min(near, vec4u(TOKENS - 1u)) * key_stride;
    let far_starts = key_base + min(far, vec4u(TOKENS - 1u)) * key_stride;
    var s0 = vec4f(0.0);
    var s1 = vec4f(0.0);
    var s2 = vec4f(0.0);
    var s3 = vec4f(0.0);
    var s4 = vec4f(0.0);
    var s5 = vec4f(0.0);
    var s6 = vec4f(0.0);
    var s7 = vec4f(0.0);
    for (var c = 0u; c < PACKS; c++) {
      let rows_of_q = four_rows(
        q[q_starts.x + c], q[q_starts.y + c], q[q_starts.z + c], q[q_starts.w + c]
      );
      s0 = add_products(s0, rows_of_q, k[near_starts.x + c]);
      s1 = add_products(s1, rows_of_q, k[near_starts.y + c]);
      s2 = add_products(s2, rows_of_q, k[near_starts.z + c]);
      s3 = add_products(s3, rows_of_q, k[near_starts.w + c]);
      s4 = add_products(s4, rows_of_q, k[far_starts.x + c]);
      s5 = add_products(s5, rows_of_q, k[far_starts.y + c]);
      s6 = add_products(s6, rows_of_q, k[far_starts.z + c]);
      s7 = add_products(s7, rows_of_q, k[far_starts.w + c]);
    }
    var dp0 = -row_dots;
    var dp1 = -row_dots;
    var dp2 = -row_dots;
    var dp3 = -row_dots;
    var dp4 = -row_dots;
    var dp5 = -row_dots;
    var dp6 = -row_dots;
    var dp7 = -row_dots;
    for (var c = 0u; c < PACKS; c++) {
      let rows_of_d_output = four_rows(
        d_output[q_starts.x + c], d_output[q_starts.y + c], d_output[q_starts.z + c], d_output[q_starts.w + c]
      );
      dp0 = add_products(dp0, rows_of_d_output, v[near_starts.x + c]);
      dp1 = add_products(dp1, rows_of_d_output, v[near_starts.y + c]);
      dp2 = add_products(dp2, rows_of_d_output, v[near_starts.z + c]);
      dp3 = add_products(dp3, rows_of_d_output, v[near_starts.w + c]);
      dp4 = add_products(dp4, rows_of_d_output, v[far_starts.x + c]);
      dp5 = add_products(dp5, rows_of_d_output, v[far_starts.y + c]);
      dp6 = add_products(dp6, rows_of_d_output, v[far_starts.z + c]);
      dp7 = add_products(dp7, rows_of_d_output, v[far_starts.w + c]);
    }

    workgroupBarrier(); // the last tile has been read
    let slot = column * ROW_LANES + row_lane;
    let step = PACK_LANES * ROW_LANES;
    score_gradients[slot] = dp0 * probability(s0 * SCALE - normalizers, near.x, first, rows);
    score_gradients[slot + step] = dp1 * probability(s1 * SCALE - normalizers, near.y, first, rows);
    score_gradients[slot + 2u * step] = dp2 * probability(s2 * SCALE - normalizers, near.z, first, rows);
    score_gradients[slot + 3u * step] = dp3 * probability(s3 * SCALE - normalizers, near.w, first, rows);
    score_gradients[slot + 4u * step] = dp4 * probability(s4 * SCALE - normalizers, far.x, first, rows);
    score_gradients[slot + 5u * step] = dp5 * probability(s5 * SCALE - normalizers, far.y, first, rows);
    score_gradients[slot + 6u * step] = dp6 * probability(s6 * SCALE - normalizers, far.z, first, rows);
    score_gradients[slot + 7u * step] = dp7 * probability(s7 * SCALE - normalizers, far.w, first, rows);
    workgroupBarrier();

    let count = min(KEYS_PER_TILE, key_end - first_key);
    for (var j = 0u; j < count; j++) {
      let ds = score_gradients[j * ROW_LANES + row_lane];
      let start = key_base + (first_key + j) * key_stride;
      let key = k[start + low_pack];
      low0 = fma(Pack(ds.x), key, low0);
      low1 = fma(Pack(ds.y), key, low1);
      low2 = fma(Pack(ds.z), key, low2);
      low3 = fma(Pack(ds.w), key, low3);
      if (PACKS > PACK_LANES) {
        let key = k[start + high_pack];
        high0 = fma(Pack(ds.x), key, high0);
        high1 = fma(Pack(ds.y), key, high1);
        high2 = fma(Pack(ds.z), key, high2);
        high3 = fma(Pack(ds.w), key, high3);
      }
    }
  }

  if (column < PACKS) {
    if (first_row < TOKENS) { store(q_starts.x + column, low0 * SCALE); }
    if (first_row + 1u < TOKENS) { store(q_starts.y + column, low1 * SCALE); }
    if (first_row + 2u < TOKENS) { store(q_starts.z + column, low2 * SCALE); }
    if (first_row + 3u < TOKENS) { store(q_starts.w + column, low3 * SCALE); }
  }
  if (column + PACK_LANES < PACKS) {
    if (first_row < TOKENS) { store(q_starts.x + column + PACK_LANES, high0 * SCALE); }
    if (first_row + 1u < TOKENS) { store(q_starts.y + column + PACK_LANES, high1 * SCALE); }
    if (first_row + 2u < TOKENS) { store(q_starts.z + column + PACK_LANES, high2 * SCALE); }
    if (first_row + 3u < TOKENS) { store(q_starts.w + column + PACK_LANES, high3 * SCALE); }
  }
  if (column == 0u) {
    for (var i = 0u; i < 4u; i++) {
      if (first_row + i < TOKENS) { statistics[batch_head * TOKENS + first_row + i].y = row_dots[i]; }
    }
  }
}

// Masked before exp, so that exp stays finite.
fn probability(exponents : vec4f, key : u32, first : vec4u, rows : vec4u) -> vec4f {
  return exp(select(vec4f(MASKED), exponents, (vec4u(key) >= first) & (vec4u(key) <= rows)));
}

/// d_output·output of four rows: each lane multiplies its own packs, and adds up what those of its rows have.
fn row_dots_of(starts : vec4u, column : u32, first_lane : u32) -> vec4f {
  var products = vec4f(0.0);
  for (var c = column; c < PACKS; c += PACK_LANES) {
    let at = starts + c;
    products += vec4f(
      dot(d_output[at.x], output[at.x]), dot(d_output[at.y], output[at.y]),
      dot(d_output[at.z], output[at.z]), dot(d_output[at.w], output[at.w]),
    );
  }
  lane_values[first_lane + column] = products;
  workgroupBarrier();
  var sum = vec4f(0.0);
  for (var other = 0u; other < PACK_LANES; other++) { sum += lane_values[first_lane + other]; }
  return sum;
}

fn store(index : u32, value : Pack) {
  if (ACCUMULATE == 1u) { dq[index] += value; } else { dq[index] = value; }
}

fn first_visible(batch : u32, row : u32) -> u32 {
  return row - min(row, positions[batch * TOKENS + row]);
}
