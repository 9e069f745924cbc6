// Causal attention of a tile of query rows, with an online softmax: no T x T matrix is ever stored.
//
//   s[i,j]      = SCALE * sum_d q[i,d] * k[j,d]          for keys first_visible(i) <= j <= START + i
//   output[i,d] = sum_j exp(s[i,j] - log_sum_exp[i]) * v[j,d],   log_sum_exp[i] = log(sum_j exp(s[i,j]))
//
// q, output  [BATCH, QUERIES, HEADS, D] as packs of floats; PACKS of them make one head row
// k, v       [BATCH, KEYS, KEY_VALUE_HEADS, D]; query heads h * GROUP … share key/value head h
//
// A workgroup takes 4 * ROW_LANES query rows of one head and walks over the keys, 8 * PACK_LANES at a time.
// A lane works on four query rows (always the components of a vec4f). It scores them against eight keys,
// hands the probabilities to the other lanes of its row through workgroup memory, and sums its own two packs
// of the output over all keys of the tile. So 12 loads feed 128 multiply-adds, then 3 loads feed 32, with
// nothing but named registers in between: as many as the products of linear/ take.
//
// The including kernel declares q, k, v, output and, for where the text of a row begins,
// fn first_visible(batch : u32, row : u32) -> u32, which never falls from row to row.
//
// Dao 2023, https://arxiv.org/abs/2307.08691 (FlashAttention-2), algorithm 1.

override WORKGROUP_SIZE : u32 = 32u; // not less than PACK_LANES
override BATCH : u32;
override QUERIES : u32;
override KEYS : u32;
override HEADS : u32;
override GROUP : u32;
override PACKS : u32;
override PACK_LANES : u32; // a power of two, not less than half of PACKS
override SCALE : f32;

override KEY_VALUE_HEADS : u32 = HEADS / GROUP;
override ROW_LANES : u32 = WORKGROUP_SIZE / PACK_LANES;
override ROWS_PER_TILE : u32 = 4u * ROW_LANES;
override KEYS_PER_TILE : u32 = 8u * PACK_LANES;
override TILES : u32 = (QUERIES + ROWS_PER_TILE - 1u) / ROWS_PER_TILE;
override TILE_LENGTH : u32 = 8u * WORKGROUP_SIZE; // KEYS_PER_TILE * ROW_LANES

// Far below every score, yet finite: WGSL may assume that no infinity arises.
const MASKED = -1e30;

var<workgroup> lane_values : array<vec4f, WORKGROUP_SIZE>;
var<workgroup> probabilities : array<vec4f, TILE_LENGTH>; // [key of the tile, row lane]

/// Writes the tile's rows of the output. Lanes of a query row all return the log-sum-exp of their four rows.
fn attend(batch : u32, head : u32, tile : u32, start : u32, lane : u32) -> vec4f {
  let column = lane % PACK_LANES;
  let row_lane = lane / PACK_LANES;
  // This lane's two packs of the output. Lanes beyond the head's width repeat its last pack and store nothing.
  let low_pack = min(column, PACKS - 1u);
  let high_pack = min(column + PACK_LANES, PACKS - 1u);
  let first_row = tile * ROWS_PER_TILE + 4u * row_lane;
  let last_visible = vec4u(start + first_row) + vec4u(0u, 1u, 2u, 3u);

  // Rows and keys beyond the end read the last one, and are masked or not stored.
  let rows = min(vec4u(first_row) + vec4u(0u, 1u, 2u, 3u), vec4u(QUERIES - 1u));
  let q_starts = ((batch * QUERIES + rows) * HEADS + head) * PACKS;
  let key_stride = KEY_VALUE_HEADS * PACKS;
  let key_base = (batch * KEYS * KEY_VALUE_HEADS + head / GROUP) * PACKS;
  let key_end = min(start + min((tile + 1u) * ROWS_PER_TILE, QUERIES), KEYS);
  let first = vec4u(
    first_visible(batch, rows.x), first_visible(batch, rows.y), first_visible(batch, rows.z), first_visible(batch, rows.w)
  );
  // Tiles of keys that no row of this tile sees. A row may still see none of the first tile it visits: the sums
  // of that tile count exp(0) each, and shrink to nothing when the first real score arrives.
  let key_start = first_visible(batch, tile * ROWS_PER_TILE) / KEYS_PER_TILE * KEYS_PER_TILE;

  var largest = vec4f(MASKED);
  var total = vec4f(0.0); // of this lane's keys only, until the end
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
    let near_starts = key_base + min(near, vec4u(KEYS - 1u)) * key_stride;
    let far_starts = key_base + min(far, vec4u(KEYS - 1u)) * key_stride;
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
    s0 = masked(s0, near.x, first, last_visible);
    s1 = masked(s1, near.y, first, last_visible);
    s2 = masked(s2, near.z, first, last_visible);
    s3 = masked(s3, near.w, first, last_visible);
    s4 = masked(s4, far.x, first, last_visible);
    s5 = masked(s5, far.y, first, last_visible);
    s6 = masked(s6, far.z, first, last_visible);
    s7 = masked(s7, far.w, first, last_visible);

    lane_values[lane] = max(max(max(s0, s1), max(s2, s3)), max(max(s4, s5), max(s6, s7)));
    workgroupBarrier();
    var new_largest = largest;
    for (var other = 0u; other < PACK_LANES; other++) {
      new_largest = max(new_largest, lane_values[row_lane * PACK_LANES + other]);
    }
    let shrink = exp(largest - new_largest);
    largest = new_largest;
    let slot = column * ROW_LANES + row_lane;
    let step = PACK_LANES * ROW_LANES;
    s0 = exp(s0 - largest);
    s1 = exp(s1 - largest);
    s2 = exp(s2 - largest);
    s3 = exp(s3 - largest);
    s4 = exp(s4 - largest);
    s5 = exp(s5 - largest);
    s6 = exp(s6 - largest);
    s7 = exp(s7 - largest);
    probabilities[slot] = s0;
    probabilities[slot + step] = s1;
    probabilities[slot + 2u * step] = s2;
    probabilities[slot + 3u * step] = s3;
    probabilities[slot + 4u * step] = s4;
    probabilities[slot + 5u * step] = s5;
    probabilities[slot + 6u * step] = s6;
    probabilities[slot + 7u * step] = s7;
    total = total * shrink + ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    workgroupBarrier();

    low0 *= shrink.x;
    low1 *= shrink.y;
    low2 *= shrink.z;
    low3 *= shrink.w;
    high0 *= shrink.x;
    high1 *= shrink.y;
    high2 *= shrink.z;
    high3 *= shrink.w;
    let count = min(KEYS_PER_TILE, key_end - first_key);
    for (var j = 0u; j < count; j++) {
      let p = probabilities[j * ROW_LANES + row_lane];
      let start = key_base + (first_key + j) * key_stride;
      let value = v[start + low_pack];
      low0 = fma(Pack(p.x), value, low0);
      low1 = fma(Pack(p.y), value, low1);
      low2 = fma(Pack(p.z), value, low2);
      low3 = fma(Pack(p.w), value, low3);
      if (PACKS > PACK_LANES) {
        let value = v[start + high_pack];
        high0 = fma(Pack(p.x), value, high0);
        high1 = fma(Pack(p.y), value, high1);
        high2 = fma(Pack(p.z), value, high2);
        high3 = fma(Pack(p.w), value, high3);
      }
    }
  }

  lane_values[lane] = total;
  workgroupBarrier();
  var sum = vec4f(0.0);
  for (var other = 0u; other < PACK_LANES; other++) { sum += lane_values[row_lane * PACK_LANES + other]; }
  if (column < PACKS) {
    if (first_row < QUERIES) { output[q_starts.x + column] = low0 / sum.x; }
    if (first_row + 1u < QUERIES) { output[q_starts.y + column] = low1 / sum.y; }
    if (first_row + 2u < QUERIES) { output[q_starts.z + column] = low2 / sum.z; }
    if (first_row + 3u < QUERIES) { output[q_starts.w + column] = low3 / sum.w; }
  }
  if (column + PACK_LANES < PACKS) {
    if (first_row < QUERIES) { output[q_starts.x + column + PACK_LANES] = high0 / sum.x; }
    if (first_row + 1u < QUERIES) { output[q_starts.y + column + PACK_LANES] = high1 / sum.y; }
    if (first_row + 2u < QUERIES) { output[q_starts.z + column + PACK_LANES] = high2 / sum.z; }
    if (first_row + 3u < QUERIES) { output[q_starts.w + column + PACK_LANES] = high3 / sum.w; }
  }
  return largest + log(sum);
}

fn masked(scores : vec4f, key : u32, first : vec4u, last_visible : vec4u) -> vec4f {
  return select(vec4f(MASKED), scores * SCALE, (vec4u(key) >= first) & (vec4u(key) <= last_visible));
}
