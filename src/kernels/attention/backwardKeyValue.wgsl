// Causal attention, backward to the keys and values.
//
//   p[i,j]  = exp(SCALE * q[i]·k[j] - log_sum_exp[i])          for queries i - positions[i] <= j <= i
//   ds[i,j] = p[i,j] * (d_output[i]·v[j] - row_dot[i])
//   dv[j]   = sum_i p[i,j] * d_output[i]
//   dk[j]   = SCALE * sum_i ds[i,j] * q[i]                      sums over the GROUP query heads, too
//
// q, d_output           [BATCH, TOKENS, HEADS, D] as packs of floats
// k, v, dk, dv          [BATCH, TOKENS, KEY_VALUE_HEADS, D]; gradients are added to when ACCUMULATE is 1
// positions             [BATCH, TOKENS]
// statistics            [BATCH, HEADS, TOKENS, 2]: log_sum_exp and row_dot
//
// The forward tiling turned round, see attend.wgsl: lanes own four keys (the components of a vec4f) and
// two packs of dk and dv, and walk over the queries, 8 * PACK_LANES at a time. Probabilities wait in workgroup memory for
// the gradients of the scores: registers are few.

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
override KEY_LANES : u32 = WORKGROUP_SIZE / PACK_LANES;
override KEYS_PER_TILE : u32 = 4u * KEY_LANES;
override QUERIES_PER_TILE : u32 = 8u * PACK_LANES;
override TILES : u32 = (TOKENS + KEYS_PER_TILE - 1u) / KEYS_PER_TILE;
override TILE_LENGTH : u32 = 8u * WORKGROUP_SIZE; // QUERIES_PER_TILE * KEY_LANES

const MASKED = -1e30;

@group(0) @binding(0) var<storage, read> q : array<Pack>;
@group(0) @binding(1) var<storage, read> k : array<Pack>;
@group(0) @binding(2) var<storage, read> v : array<Pack>;
@group(0) @binding(3) var<storage, read> d_output : array<Pack>;
@group(0) @binding(4) var<storage, read> positions : array<u32>;
@group(0) @binding(5) var<storage, read> statistics : array<vec2f>;
@group(0) @binding(6) var<storage, read_write> dk : array<Pack>;
@group(0) @binding(7) var<storage, read_write> dv : array<Pack>;

var<workgroup> probabilities : array<vec4f, TILE_LENGTH>; // [query of the tile, key lane]
var<workgroup> score_gradients : array<vec4f, TILE_LENGTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let index = group.y * grid.x + group.x;
  if (index >= TILES * BATCH * KEY_VALUE_HEADS) { return; }
  let tile = index / (BATCH * KEY_VALUE_HEADS); // the longest first: they end last
  let batch = index % (BATCH * KEY_VALUE_HEADS) / KEY_VALUE_HEADS;
  let key_value_head = index % KEY_VALUE_HEADS;

  let column = lane % PACK_LANES;
  let key_lane = lane / PACK_LANES;
  // This lane's two packs of dk and dv. Lanes beyond the head's width repeat its last pack and store nothing.
  let low_pack = min(column, PACKS - 1u);
  let high_pack = min(column + PACK_LANES, PACKS - 1u);
  let first_key = tile * KEYS_PER_TILE + 4u * key_lane;
  let keys = vec4u(first_key) + vec4u(0u, 1u, 2u, 3u);

  // Keys and queries beyond the end read the last one, and are masked or not stored.
  let key_rows = batch * TOKENS + min(keys, vec4u(TOKENS - 1u));
  let k_starts = (key_rows * KEY_VALUE_HEADS + key_value_head) * PACKS;
  let query_stride = HEADS * PACKS;

  var dk_low0 = Pack(0.0);
  var dk_low1 = Pack(0.0);
  var dk_low2 = Pack(0.0);
  var dk_low3 = Pack(0.0);
  var dk_high0 = Pack(0.0);
  var dk_high1 = Pack(0.0);
  var dk_high2 = Pack(0.0);
  var dk_high3 = Pack(0.0);
  var dv_low0 = Pack(0.0);
  var dv_low1 = Pack(0.0);
  var dv_low2 = Pack(0.0);
  var dv_low3 = Pack(0.0);
  var dv_high0 = Pack(0.0);
  var dv_high1 = Pack(0.0);
  var dv_high2 = Pack(0.0);
  var dv_high3 = Pack(0.0);

  for (var member = 0u; member < GROUP; member++) {
    let head = key_value_head * GROUP + member;
    let query_base = (batch * TOKENS * HEADS + head) * PACKS;
    let first_statistics = (batch * HEADS + head) * TOKENS;
    for (var first_query = tile * KEYS_PER_TILE; first_query < TOKENS; first_query += QUERIES_PER_TILE) {
      let near = vec4u(first_query + column) + PACK_LANES * vec4u(0u, 1u, 2u, 3u);
      let far = near + 4u * PACK_LANES;
      let near_rows = min(near, vec4u(TOKENS - 1u));
      let far_rows = min(far, vec4u(TOKENS - 1u));
      let near_starts = query_base + near_rows * query_stride;
      let far_starts = query_base + far_rows * query_stride;
      let slot = column * KEY_LANES + key_lane;
      let step = PACK_LANES * KEY_LANES;

      var s0 = vec4f(0.0);
      var s1 = vec4f(0.0);
      var s2 = vec4f(0.0);
      var s3 = vec4f(0.0);
      var s4 = vec4f(0.0);
      var s5 = vec4f(0.0);
      var s6 = vec4f(0.0);
      var s7 = vec4f(0.0);
      for (var c = 0u; c < PACKS; c++) {
        let rows_of_k = four_rows(
          k[k_starts.x + c], k[k_starts.y + c], k[k_starts.z + c], k[k_starts.w + c]
        );
        s0 = add_products(s0, rows_of_k, q[near_starts.x + c]);
        s1 = add_products(s1, rows_of_k, q[near_starts.y + c]);
        s2 = add_products(s2, rows_of_k, q[near_starts.z + c]);
        s3 = add_products(s3, rows_of_k, q[near_starts.w + c]);
        s4 = add_products(s4, rows_of_k, q[far_starts.x + c]);
        s5 = add_products(s5, rows_of_k, q[far_starts.y + c]);
        s6 = add_products(s6, rows_of_k, q[far_starts.z + c]);
        s7 = add_products(s7, rows_of_k, q[far_starts.w + c]);
      }
      let of_0 = statistics[first_statistics + near_rows.x];
      let of_1 = statistics[first_statistics + near_rows.y];
      let of_2 = statistics[first_statistics + near_rows.z];
      let of_3 = statistics[first_statistics + near_rows.w];
      let of_4 = statistics[first_statistics + far_rows.x];
      let of_5 = statistics[first_statistics + far_rows.y];
      let of_6 = statistics[first_statistics + far_rows.z];
      let of_7 = statistics[first_statistics + far_rows.w];
      workgroupBarrier(); // the last tile has been read
      probabilities[slot] = probability(s0, keys, batch, near.x, of_0.x);
      probabilities[slot + step] = probability(s1, keys, batch, near.y, of_1.x);
      probabilities[slot + 2u * step] = probability(s2, keys, batch, near.z, of_2.x);
      probabilities[slot + 3u * step] = probability(s3, keys, batch, near.w, of_3.x);
      probabilities[slot + 4u * step] = probability(s4, keys, batch, far.x, of_4.x);
      probabilities[slot + 5u * step] = probability(s5, keys, batch, far.y, of_5.x);
      probabilities[slot + 6u * step] = probability(s6, keys, batch, far.z, of_6.x);
      probabilities[slot + 7u * step] = probability(s7, keys, batch, far.w, of_7.x);

      var dp0 = vec4f(-of_0.y);
      var dp1 = vec4f(-of_1.y);
      var dp2 = vec4f(-of_2.y);
      var dp3 = vec4f(-of_3.y);
      var dp4 = vec4f(-of_4.y);
      var dp5 = vec4f(-of_5.y);
      var dp6 = vec4f(-of_6.y);
      var dp7 = vec4f(-of_7.y);
      for (var c = 0u; c < PACKS; c++) {
        let rows_of_v = four_rows(
          v[k_starts.x + c], v[k_starts.y + c], v[k_starts.z + c], v[k_starts.w + c]
        );
        dp0 = add_products(dp0, rows_of_v, d_output[near_starts.x + c]);
        dp1 = add_products(dp1, rows_of_v, d_output[near_starts.y + c]);
        dp2 = add_products(dp2, rows_of_v, d_output[near_starts.z + c]);
        dp3 = add_products(dp3, rows_of_v, d_output[near_starts.w + c]);
        dp4 = add_products(dp4, rows_of_v, d_output[far_starts.x + c]);
        dp5 = add_products(dp5, rows_of_v, d_output[far_starts.y + c]);
        dp6 = add_products(dp6, rows_of_v, d_output[far_starts.z + c]);
        dp7 = add_products(dp7, rows_of_v, d_output[far_starts.w + c]);
      }
      score_gradients[slot] = dp0 * probabilities[slot];
      score_gradients[slot + step] = dp1 * probabilities[slot + step];
      score_gradients[slot + 2u * step] = dp2 * probabilities[slot + 2u * step];
      score_gradients[slot + 3u * step] = dp3 * probabilities[slot + 3u * step];
      score_gradients[slot + 4u * step] = dp4 * probabilities[slot + 4u * step];
      score_gradients[slot + 5u * step] = dp5 * probabilities[slot + 5u * step];
      score_gradients[slot + 6u * step] = dp6 * probabilities[slot + 6u * step];
      score_gradients[slot + 7u * step] = dp7 * probabilities[slot + 7u * step];
      workgroupBarrier();

      let count = min(QUERIES_PER_TILE, TOKENS - first_query);
      for (var i = 0u; i < count; i++) {
        let p = probabilities[i * KEY_LANES + key_lane];
        let ds = score_gradients[i * KEY_LANES + key_lane];
        let start = query_base + (first_query + i) * query_stride;
        let gradient = d_output[start + low_pack];
        let query = q[start + low_pack];
        dv_low0 = fma(Pack(p.x), gradient, dv_low0);
        dv_low1 = fma(Pack(p.y), gradient, dv_low1);
        dv_low2 = fma(Pack(p.z), gradient, dv_low2);
        dv_low3 = fma(Pack(p.w), gradient, dv_low3);
        dk_low0 = fma(Pack(ds.x), query, dk_low0);
        dk_low1 = fma(Pack(ds.y), query, dk_low1);
        dk_low2 = fma(Pack(ds.z), query, dk_low2);
        dk_low3 = fma(Pack(ds.w), query, dk_low3);
        if (PACKS > PACK_LANES) {
          let gradient = d_output[start + high_pack];
          let query = q[start + high_pack];
          dv_high0 = fma(Pack(p.x), gradient, dv_high0);
          dv_high1 = fma(Pack(p.y), gradient, dv_high1);
          dv_high2 = fma(Pack(p.z), gradient, dv_high2);
          dv_high3 = fma(Pack(p.w), gradient, dv_high3);
          dk_high0 = fma(Pack(ds.x), query, dk_high0);
          dk_high1 = fma(Pack(ds.y), query, dk_high1);
          dk_high2 = fma(Pack(ds.z), query, dk_high2);
          dk_high3 = fma(Pack(ds.w), query, dk_high3);
        }
      }
    }
  }

  if (column < PACKS) {
    if (keys.x < TOKENS) { store(k_starts.x + column, dk_low0 * SCALE, dv_low0); }
    if (keys.y < TOKENS) { store(k_starts.y + column, dk_low1 * SCALE, dv_low1); }
    if (keys.z < TOKENS) { store(k_starts.z + column, dk_low2 * SCALE, dv_low2); }
    if (keys.w < TOKENS) { store(k_starts.w + column, dk_low3 * SCALE, dv_low3); }
  }
  if (column + PACK_LANES < PACKS) {
    if (keys.x < TOKENS) { store(k_starts.x + column + PACK_LANES, dk_high0 * SCALE, dv_high0); }
    if (keys.y < TOKENS) { store(k_starts.y + column + PACK_LANES, dk_high1 * SCALE, dv_high1); }
    if (keys.z < TOKENS) { store(k_starts.z + column + PACK_LANES, dk_high2 * SCALE, dv_high2); }
    if (keys.w < TOKENS) { store(k_starts.w + column + PACK_LANES, dk_high3 * SCALE, dv_high3); }
  }
}

// Masked before exp, so that exp stays finite.
fn probability(scores : vec4f, keys : vec4u, batch : u32, query : u32, normalizer : f32) -> vec4f {
  let position = positions[batch * TOKENS + min(query, TOKENS - 1u)];
  let visible = (keys <= vec4u(query)) & (keys + position >= vec4u(query)) & vec4<bool>(query < TOKENS);
  return exp(select(vec4f(MASKED), scores * SCALE - normalizer, visible));
}

fn store(index : u32, to_key : Pack, to_value : Pack) {
  if (ACCUMULATE == 1u) {
    dk[index] += to_key;
    dv[index] += to_value;
  } else {
    dk[index] = to_key;
    dv[index] = to_value;
  }
}
