// Causal attention, backward to the queries.
//
//   p[i,j]  = exp(SCALE * q[i]·k[j] - log_sum_exp[i])          for keys i - positions[i] <= j <= i
//   ds[i,j] = p[i,j] * (d_output[i]·v[j] - row_dot[i])
//   dq[i]   = SCALE * sum_j ds[i,j] * k[j]
//
// q, d_output, dq       [BATCH, TOKENS, HEADS, D] as packs of floats; dq is added to when ACCUMULATE is 1
// k, v                  [BATCH, TOKENS, KEY_VALUE_HEADS, D]
// positions             [BATCH, TOKENS]
// statistics            [BATCH, HEADS, TOKENS, 2]: log_sum_exp and row_dot
//
// Tiled like the forward pass, see attend.wgsl: lanes own four query rows and one pack of dq.
//
// Dao 2023, https://arxiv.org/abs/2307.08691, algorithm 2, split in two so that no sum needs atomics.

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
override ROW_LANES : u32 = WORKGROUP_SIZE / PACK_LANES;
override ROWS_PER_TILE : u32 = 4u * ROW_LANES;
override KEYS_PER_TILE : u32 = 4u * PACK_LANES;
override TILES : u32 = (TOKENS + ROWS_PER_TILE - 1u) / ROWS_PER_TILE;
override TILE_LENGTH : u32 = 4u * WORKGROUP_SIZE; // KEYS_PER_TILE * ROW_LANES

const MASKED = -1e30;

@group(0) @binding(0) var<storage, read> q : array<Pack>;
@group(0) @binding(1) var<storage, read> k : array<Pack>;
@group(0) @binding(2) var<storage, read> v : array<Pack>;
@group(0) @binding(3) var<storage, read> d_output : array<Pack>;
@group(0) @binding(4) var<storage, read> positions : array<u32>;
@group(0) @binding(5) var<storage, read> statistics : array<vec2f>;
@group(0) @binding(6) var<storage, read_write> dq : array<Pack>;

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
  let first_row = tile * ROWS_PER_TILE + 4u * row_lane;

  // Rows and keys beyond the end read the last one, and are masked or not stored.
  let rows = min(vec4u(first_row) + vec4u(0u, 1u, 2u, 3u), vec4u(TOKENS - 1u));
  let q_starts = ((batch * TOKENS + rows) * HEADS + head) * PACKS;
  let key_stride = KEY_VALUE_HEADS * PACKS;
  let key_base = (batch * TOKENS * KEY_VALUE_HEADS + head / GROUP) * PACKS;
  let key_end = min((tile + 1u) * ROWS_PER_TILE, TOKENS);
  let row_statistics = batch_head * TOKENS + rows;
  let of_x = statistics[row_statistics.x];
  let of_y = statistics[row_statistics.y];
  let of_z = statistics[row_statistics.z];
  let of_w = statistics[row_statistics.w];
  let normalizers = vec4f(of_x.x, of_y.x, of_z.x, of_w.x);
  let row_dots = vec4f(of_x.y, of_y.y, of_z.y, of_w.y);
  let first = vec4u(
    first_visible(batch, rows.x), first_visible(batch, rows.y), first_visible(batch, rows.z), first_visible(batch, rows.w)
  );
  let key_start = first_visible(batch, tile * ROWS_PER_TILE) / KEYS_PER_TILE * KEYS_PER_TILE;

  var dq0 = Pack(0.0);
  var dq1 = Pack(0.0);
  var dq2 = Pack(0.0);
  var dq3 = Pack(0.0);

  for (var first_key = key_start; first_key < key_end; first_key += KEYS_PER_TILE) {
    let keys = vec4u(first_key + column) + PACK_LANES * vec4u(0u, 1u, 2u, 3u);
    let k_starts = key_base + min(keys, vec4u(TOKENS - 1u)) * key_stride;
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
    // Masked before exp, so that exp stays finite.
    s0 = exp(select(vec4f(MASKED), s0 * SCALE - normalizers, (vec4u(keys.x) >= first) & (vec4u(keys.x) <= rows)));
    s1 = exp(select(vec4f(MASKED), s1 * SCALE - normalizers, (vec4u(keys.y) >= first) & (vec4u(keys.y) <= rows)));
    s2 = exp(select(vec4f(MASKED), s2 * SCALE - normalizers, (vec4u(keys.z) >= first) & (vec4u(keys.z) <= rows)));
    s3 = exp(select(vec4f(MASKED), s3 * SCALE - normalizers, (vec4u(keys.w) >= first) & (vec4u(keys.w) <= rows)));

    var dp0 = -row_dots;
    var dp1 = -row_dots;
    var dp2 = -row_dots;
    var dp3 = -row_dots;
    for (var c = 0u; c < PACKS; c++) {
      let do0 = d_output[q_starts.x + c];
      let do1 = d_output[q_starts.y + c];
      let do2 = d_output[q_starts.z + c];
      let do3 = d_output[q_starts.w + c];
      let v0 = v[k_starts.x + c];
      let v1 = v[k_starts.y + c];
      let v2 = v[k_starts.z + c];
      let v3 = v[k_starts.w + c];
      dp0 += vec4f(dot(do0, v0), dot(do1, v0), dot(do2, v0), dot(do3, v0));
      dp1 += vec4f(dot(do0, v1), dot(do1, v1), dot(do2, v1), dot(do3, v1));
      dp2 += vec4f(dot(do0, v2), dot(do1, v2), dot(do2, v2), dot(do3, v2));
      dp3 += vec4f(dot(do0, v3), dot(do1, v3), dot(do2, v3), dot(do3, v3));
    }

    workgroupBarrier(); // the last tile has been read
    score_gradients[column * ROW_LANES + row_lane] = s0 * dp0;
    score_gradients[(column + PACK_LANES) * ROW_LANES + row_lane] = s1 * dp1;
    score_gradients[(column + 2u * PACK_LANES) * ROW_LANES + row_lane] = s2 * dp2;
    score_gradients[(column + 3u * PACK_LANES) * ROW_LANES + row_lane] = s3 * dp3;
    workgroupBarrier();

    if (column < PACKS) {
      let count = min(KEYS_PER_TILE, key_end - first_key);
      for (var j = 0u; j < count; j++) {
        let ds = score_gradients[j * ROW_LANES + row_lane];
        let key = k[key_base + (first_key + j) * key_stride + column];
        dq0 += ds.x * key;
        dq1 += ds.y * key;
        dq2 += ds.z * key;
        dq3 += ds.w * key;
      }
    }
  }

  if (column < PACKS) {
    if (first_row < TOKENS) { store(q_starts.x + column, dq0 * SCALE); }
    if (first_row + 1u < TOKENS) { store(q_starts.y + column, dq1 * SCALE); }
    if (first_row + 2u < TOKENS) { store(q_starts.z + column, dq2 * SCALE); }
    if (first_row + 3u < TOKENS) { store(q_starts.w + column, dq3 * SCALE); }
  }
}

fn store(index : u32, value : Pack) {
  if (ACCUMULATE == 1u) { dq[index] += value; } else { dq[index] = value; }
}

fn first_visible(batch : u32, row : u32) -> u32 {
  return row - min(row, positions[batch * TOKENS + row]);
}
