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
// one pack of dk and dv, and walk over the queries, 4 * PACK_LANES at a time.

override WORKGROUP_SIZE : u32 = 32u; // not less than PACK_LANES
override BATCH : u32;
override TOKENS : u32;
override HEADS : u32;
override GROUP : u32;
override PACKS : u32;
override PACK_LANES : u32; // a power of two, not less than PACKS
override SCALE : f32;
override ACCUMULATE : u32;

override KEY_VALUE_HEADS : u32 = HEADS / GROUP;
override KEY_LANES : u32 = WORKGROUP_SIZE / PACK_LANES;
override KEYS_PER_TILE : u32 = 4u * KEY_LANES;
override QUERIES_PER_TILE : u32 = 4u * PACK_LANES;
override TILES : u32 = (TOKENS + KEYS_PER_TILE - 1u) / KEYS_PER_TILE;
override TILE_LENGTH : u32 = 4u * WORKGROUP_SIZE; // QUERIES_PER_TILE * KEY_LANES

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
  let first_key = tile * KEYS_PER_TILE + 4u * key_lane;
  let keys = vec4u(first_key) + vec4u(0u, 1u, 2u, 3u);

  // Keys and queries beyond the end read the last one, and are masked or not stored.
  let key_rows = batch * TOKENS + min(keys, vec4u(TOKENS - 1u));
  let k_starts = (key_rows * KEY_VALUE_HEADS + key_value_head) * PACKS;
  let query_stride = HEADS * PACKS;

  var dk0 = Pack(0.0);
  var dk1 = Pack(0.0);
  var dk2 = Pack(0.0);
  var dk3 = Pack(0.0);
  var dv0 = Pack(0.0);
  var dv1 = Pack(0.0);
  var dv2 = Pack(0.0);
  var dv3 = Pack(0.0);

  for (var member = 0u; member < GROUP; member++) {
    let head = key_value_head * GROUP + member;
    let query_base = (batch * TOKENS * HEADS + head) * PACKS;
    let first_statistics = (batch * HEADS + head) * TOKENS;
    for (var first_query = tile * KEYS_PER_TILE; first_query < TOKENS; first_query += QUERIES_PER_TILE) {
      let queries = vec4u(first_query + column) + PACK_LANES * vec4u(0u, 1u, 2u, 3u);
      let query_rows = min(queries, vec4u(TOKENS - 1u));
      let q_starts = query_base + query_rows * query_stride;
      var s0 = vec4f(0.0);
      var s1 = vec4f(0.0);
      var s2 = vec4f(0.0);
      var s3 = vec4f(0.0);
      for (var c = 0u; c < PACKS; c++) {
        let k0 = k[k_starts.x + c];
        let k1 = k[k_starts.y + c];
        let k2 = k[k_starts.z + c];
        let k3 = k[k_starts.w + c];
        let q0 = q[q_starts.x + c];
        let q1 = q[q_starts.y + c];
        let q2 = q[q_starts.z + c];
        let q3 = q[q_starts.w + c];
        s0 += vec4f(dot(k0, q0), dot(k1, q0), dot(k2, q0), dot(k3, q0));
        s1 += vec4f(dot(k0, q1), dot(k1, q1), dot(k2, q1), dot(k3, q1));
        s2 += vec4f(dot(k0, q2), dot(k1, q2), dot(k2, q2), dot(k3, q2));
        s3 += vec4f(dot(k0, q3), dot(k1, q3), dot(k2, q3), dot(k3, q3));
      }
      let of_x = statistics[first_statistics + query_rows.x];
      s0 = probability(s0, keys, batch, queries.x, of_x.x);
      let of_y = statistics[first_statistics + query_rows.y];
      s1 = probability(s1, keys, batch, queries.y, of_y.x);
      let of_z = statistics[first_statistics + query_rows.z];
      s2 = probability(s2, keys, batch, queries.z, of_z.x);
      let of_w = statistics[first_statistics + query_rows.w];
      s3 = probability(s3, keys, batch, queries.w, of_w.x);

      var dp0 = vec4f(-of_x.y);
      var dp1 = vec4f(-of_y.y);
      var dp2 = vec4f(-of_z.y);
      var dp3 = vec4f(-of_w.y);
      for (var c = 0u; c < PACKS; c++) {
        let v0 = v[k_starts.x + c];
        let v1 = v[k_starts.y + c];
        let v2 = v[k_starts.z + c];
        let v3 = v[k_starts.w + c];
        let do0 = d_output[q_starts.x + c];
        let do1 = d_output[q_starts.y + c];
        let do2 = d_output[q_starts.z + c];
        let do3 = d_output[q_starts.w + c];
        dp0 += vec4f(dot(v0, do0), dot(v1, do0), dot(v2, do0), dot(v3, do0));
        dp1 += vec4f(dot(v0, do1), dot(v1, do1), dot(v2, do1), dot(v3, do1));
        dp2 += vec4f(dot(v0, do2), dot(v1, do2), dot(v2, do2), dot(v3, do2));
        dp3 += vec4f(dot(v0, do3), dot(v1, do3), dot(v2, do3), dot(v3, do3));
      }

      workgroupBarrier(); // the last tile has been read
      let slot = column * KEY_LANES + key_lane;
      let step = PACK_LANES * KEY_LANES;
      probabilities[slot] = s0;
      probabilities[slot + step] = s1;
      probabilities[slot + 2u * step] = s2;
      probabilities[slot + 3u * step] = s3;
      score_gradients[slot] = s0 * dp0;
      score_gradients[slot + step] = s1 * dp1;
      score_gradients[slot + 2u * step] = s2 * dp2;
      score_gradients[slot + 3u * step] = s3 * dp3;
      workgroupBarrier();

      if (column < PACKS) {
        let count = min(QUERIES_PER_TILE, TOKENS - first_query);
        for (var i = 0u; i < count; i++) {
          let p = probabilities[i * KEY_LANES + key_lane];
          let ds = score_gradients[i * KEY_LANES + key_lane];
          let start = query_base + (first_query + i) * query_stride + column;
          let gradient = d_output[start];
          let query = q[start];
          dv0 += p.x * gradient;
          dv1 += p.y * gradient;
          dv2 += p.z * gradient;
          dv3 += p.w * gradient;
          dk0 += ds.x * query;
          dk1 += ds.y * query;
          dk2 += ds.z * query;
          dk3 += ds.w * query;
        }
      }
    }
  }

  if (column < PACKS) {
    if (keys.x < TOKENS) { store(k_starts.x + column, dk0 * SCALE, dv0); }
    if (keys.y < TOKENS) { store(k_starts.y + column, dk1 * SCALE, dv1); }
    if (keys.z < TOKENS) { store(k_starts.z + column, dk2 * SCALE, dv2); }
    if (keys.w < TOKENS) { store(k_starts.w + column, dk3 * SCALE, dv3); }
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
