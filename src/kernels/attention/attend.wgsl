// Causal attention of a tile of query rows, with an online softmax: no T x T matrix is ever stored.
//
//   s[i,j]      = SCALE * sum_d q[i,d] * k[j,d]          for keys first_visible(i) <= j <= START + i
//   output[i,d] = sum_j exp(s[i,j] - log_sum_exp[i]) * v[j,d],   log_sum_exp[i] = log(sum_j exp(s[i,j]))
//
// q, output  [BATCH, QUERIES, HEADS, D] as packs of floats; PACKS of them make one head row
// k, v       [BATCH, KEYS, KEY_VALUE_HEADS, D]; query heads h * GROUP … share key/value head h
//
// A workgroup takes 4 * ROW_LANES query rows of one head and walks over the keys, 4 * PACK_LANES at a time.
// A lane works on four query rows (always the components of a vec4f). It scores them against four keys,
// hands the probabilities to the other lanes of its row through workgroup memory, and sums its own pack
// of the output over all keys of the tile. So 8 loads feed 64 multiply-adds, then 2 loads feed 16, with
// nothing but named registers in between.
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
override PACK_LANES : u32; // a power of two, not less than PACKS
override SCALE : f32;

override KEY_VALUE_HEADS : u32 = HEADS / GROUP;
override ROW_LANES : u32 = WORKGROUP_SIZE / PACK_LANES;
override ROWS_PER_TILE : u32 = 4u * ROW_LANES;
override KEYS_PER_TILE : u32 = 4u * PACK_LANES;
override TILES : u32 = (QUERIES + ROWS_PER_TILE - 1u) / ROWS_PER_TILE;
override TILE_LENGTH : u32 = 4u * WORKGROUP_SIZE; // KEYS_PER_TILE * ROW_LANES

// Far below every score, yet finite: WGSL may assume that no infinity arises.
const MASKED = -1e30;

var<workgroup> lane_values : array<vec4f, WORKGROUP_SIZE>;
var<workgroup> probabilities : array<vec4f, TILE_LENGTH>; // [key of the tile, row lane]

/// Writes the tile's rows of the output. Lanes of a query row all return the log-sum-exp of their four rows.
fn attend(batch : u32, head : u32, tile : u32, start : u32, lane : u32) -> vec4f {
  let column = lane % PACK_LANES;
  let row_lane = lane / PACK_LANES;
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
  var o0 = Pack(0.0);
  var o1 = Pack(0.0);
  var o2 = Pack(0.0);
  var o3 = Pack(0.0);

  for (var first_key = key_start; first_key < key_end; first_key += KEYS_PER_TILE) {
    let keys = vec4u(first_key + column) + PACK_LANES * vec4u(0u, 1u, 2u, 3u);
    let k_starts = key_base + min(keys, vec4u(KEYS - 1u)) * key_stride;
    var s0 = vec4f(0.0);
    var s1 = vec4f(0.0);
    var s2 = vec4f(0.0);
    var s3 = vec4f(0.0);
    for (var c = 0u; c < PACKS; c++) {
      let q0 = q[q_starts.x + c];
      let q1 = q[q_starts.y + c];
      let q2 = q[q_starts.z + c];
      let q3 = q[q_starts.w + c];
      let k0 = k[k_starts.x + c];
      let k1 = k[k_starts.y + c];
      let k2 = k[k_starts.z + c];
      let k3 = k[k_starts.w + c];
      s0 += vec4f(dot(q0, k0), dot(q1, k0), dot(q2, k0), dot(q3, k0));
      s1 += vec4f(dot(q0, k1), dot(q1, k1), dot(q2, k1), dot(q3, k1));
      s2 += vec4f(dot(q0, k2), dot(q1, k2), dot(q2, k2), dot(q3, k2));
      s3 += vec4f(dot(q0, k3), dot(q1, k3), dot(q2, k3), dot(q3, k3));
    }
    s0 = select(vec4f(MASKED), s0 * SCALE, (vec4u(keys.x) >= first) & (vec4u(keys.x) <= last_visible));
    s1 = select(vec4f(MASKED), s1 * SCALE, (vec4u(keys.y) >= first) & (vec4u(keys.y) <= last_visible));
    s2 = select(vec4f(MASKED), s2 * SCALE, (vec4u(keys.z) >= first) & (vec4u(keys.z) <= last_visible));
    s3 = select(vec4f(MASKED), s3 * SCALE, (vec4u(keys.w) >= first) & (vec4u(keys.w) <= last_visible));

    lane_values[lane] = max(max(s0, s1), max(s2, s3));
    workgroupBarrier();
    var new_largest = largest;
    for (var other = 0u; other < PACK_LANES; other++) {
      new_largest = max(new_largest, lane_values[row_lane * PACK_LANES + other]);
    }
    let shrink = exp(largest - new_largest);
    largest = new_largest;
    s0 = exp(s0 - largest);
    s1 = exp(s1 - largest);
    s2 = exp(s2 - largest);
    s3 = exp(s3 - largest);
    probabilities[column * ROW_LANES + row_lane] = s0;
    probabilities[(column + PACK_LANES) * ROW_LANES + row_lane] = s1;
    probabilities[(column + 2u * PACK_LANES) * ROW_LANES + row_lane] = s2;
    probabilities[(column + 3u * PACK_LANES) * ROW_LANES + row_lane] = s3;
    total = total * shrink + (s0 + s1) + (s2 + s3);
    workgroupBarrier();

    o0 *= shrink.x;
    o1 *= shrink.y;
    o2 *= shrink.z;
    o3 *= shrink.w;
    if (column < PACKS) {
      let count = min(KEYS_PER_TILE, key_end - first_key);
      for (var j = 0u; j < count; j++) {
        let p = probabilities[j * ROW_LANES + row_lane];
        let value = v[key_base + (first_key + j) * key_stride + column];
        o0 += p.x * value;
        o1 += p.y * value;
        o2 += p.z * value;
        o3 += p.w * value;
      }
    }
  }

  lane_values[lane] = total;
  workgroupBarrier();
  var sum = vec4f(0.0);
  for (var other = 0u; other < PACK_LANES; other++) { sum += lane_values[row_lane * PACK_LANES + other]; }
  if (column < PACKS) {
    if (first_row < QUERIES) { output[q_starts.x + column] = o0 / sum.x; }
    if (first_row + 1u < QUERIES) { output[q_starts.y + column] = o1 / sum.y; }
    if (first_row + 2u < QUERIES) { output[q_starts.z + column] = o2 / sum.z; }
    if (first_row + 3u < QUERIES) { output[q_starts.w + column] = o3 / sum.w; }
  }
  return largest + log(sum);
}
