// Causal attention of one new row, or a few, over the key/value cache: what decoding a token waits for.
// One workgroup per query row and head: lanes take keys for the scores, then one pack of the output and
// every PARTS-th key for the sum. See attend.wgsl for the formulas.
// Query row i stands at position counters[CACHE_POSITION] + i and sees the cache up to there.
//
// q, output  [QUERIES, HEADS, D] as packs of floats; PACKS of them make one head row
// k, v       [KEYS, KEY_VALUE_HEADS, D], KEYS being the capacity of the cache

override WORKGROUP_SIZE : u32 = 64u;
override QUERIES : u32;
override KEYS : u32;
override HEADS : u32;
override GROUP : u32;
override PACKS : u32;
override PACK_LANES : u32; // a power of two, not less than PACKS
override SCALE : f32;

override KEY_VALUE_HEADS : u32 = HEADS / GROUP;
override PARTS : u32 = WORKGROUP_SIZE / PACK_LANES; // into which the sum over keys is split
override KEYS_PER_TILE : u32 = 4u * WORKGROUP_SIZE;

const MASKED = -1e30;

@group(0) @binding(0) var<storage, read> q : array<Pack>;
@group(0) @binding(1) var<storage, read> k : array<Pack>;
@group(0) @binding(2) var<storage, read> v : array<Pack>;
@group(0) @binding(3) var<storage, read> counters : array<u32>;
@group(0) @binding(4) var<storage, read_write> output : array<Pack>;

var<workgroup> probabilities : array<f32, KEYS_PER_TILE>;
var<workgroup> partial_outputs : array<Pack, WORKGROUP_SIZE>;
var<workgroup> partial_totals : array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let index = group.y * grid.x + group.x;
  if (index >= QUERIES * HEADS) { return; }
  let count = min(counters[CACHE_POSITION] + index / HEADS + 1u, KEYS);
  let q_start = index * PACKS;
  let key_stride = KEY_VALUE_HEADS * PACKS;
  let key_base = (index % HEADS) / GROUP * PACKS;
  let column = lane % PACK_LANES;
  let part = lane / PACK_LANES;

  var largest = MASKED;
  var total = 0.0; // of this lane's part of the keys only, until the end
  var sum = Pack(0.0);
  for (var first_key = 0u; first_key < count; first_key += KEYS_PER_TILE) {
    let tile_count = min(KEYS_PER_TILE, count - first_key);
    var lane_largest = MASKED;
    for (var j = lane; j < tile_count; j += WORKGROUP_SIZE) {
      let k_start = key_base + (first_key + j) * key_stride;
      var product = 0.0;
      for (var c = 0u; c < PACKS; c++) { product += dot(q[q_start + c], k[k_start + c]); }
      probabilities[j] = product * SCALE;
      lane_largest = max(lane_largest, product * SCALE);
    }
    let new_largest = max(largest, workgroup_max(lane, lane_largest));
    let shrink = exp(largest - new_largest);
    largest = new_largest;
    for (var j = lane; j < tile_count; j += WORKGROUP_SIZE) { probabilities[j] = exp(probabilities[j] - largest); }
    workgroupBarrier();
    total *= shrink;
    sum *= shrink;
    if (column < PACKS) {
      for (var j = part; j < tile_count; j += PARTS) {
        total += probabilities[j];
        sum += probabilities[j] * v[key_base + (first_key + j) * key_stride + column];
      }
    }
    workgroupBarrier(); // before the next tile's scores
  }

  partial_totals[lane] = total;
  partial_outputs[lane] = sum;
  workgroupBarrier();
  if (lane < PACKS) {
    var normalizer = 0.0;
    var result = Pack(0.0);
    for (var other = lane; other < WORKGROUP_SIZE; other += PACK_LANES) {
      normalizer += partial_totals[other];
      result += partial_outputs[other];
    }
    output[q_start + lane] = result / normalizer;
  }
}
