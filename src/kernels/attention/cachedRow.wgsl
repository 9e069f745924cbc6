// Causal attention of one new row, or a few, over the key/value cache: what decoding a token waits for.
// One workgroup per query row and head, one key per lane. See attend.wgsl for the formulas.
// Query row i stands at position counters[CACHE_POSITION] + i and sees the cache up to there.
//
// q, output  [QUERIES, HEADS, D] as packs of floats; PACKS of them make one head row
// k, v       [KEYS, KEY_VALUE_HEADS, D], KEYS being the capacity of the cache

override WORKGROUP_SIZE : u32 = 128u;
override QUERIES : u32;
override KEYS : u32;
override HEADS : u32;
override GROUP : u32;
override PACKS : u32;
override PACK_LANES : u32; // a power of two, not less than PACKS
override SCALE : f32;

override KEY_VALUE_HEADS : u32 = HEADS / GROUP;
override PARTS : u32 = WORKGROUP_SIZE / PACK_LANES; // into which the sum over keys is split

const MASKED = -1e30;

@group(0) @binding(0) var<storage, read> q : array<Pack>;
@group(0) @binding(1) var<storage, read> k : array<Pack>;
@group(0) @binding(2) var<storage, read> v : array<Pack>;
@group(0) @binding(3) var<storage, read> counters : array<u32>;
@group(0) @binding(4) var<storage, read_write> output : array<Pack>;

var<workgroup> probabilities : array<f32, WORKGROUP_SIZE>;
var<workgroup> partial_outputs : array<Pack, WORKGROUP_SIZE>;

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
  var total = 0.0; // of this lane's keys only, until the end
  var sum = Pack(0.0);
  for (var first_key = 0u; first_key < count; first_key += WORKGROUP_SIZE) {
    let key = first_key + lane;
    var score = MASKED;
    if (key < count) {
      let k_start = key_base + key * key_stride;
      var product = 0.0;
      for (var c = 0u; c < PACKS; c++) { product += dot(q[q_start + c], k[k_start + c]); }
      score = product * SCALE;
    }
    let new_largest = max(largest, workgroup_max(lane, score));
    let shrink = exp(largest - new_largest);
    largest = new_largest;
    let p = exp(score - largest);
    total = total * shrink + p;
    sum *= shrink;
    probabilities[lane] = p; // workgroup_max has waited for the readers of the last tile
    workgroupBarrier();
    if (column < PACKS) {
      let tile_count = min(WORKGROUP_SIZE, count - first_key);
      for (var j = part; j < tile_count; j += PARTS) {
        sum += probabilities[j] * v[key_base + (first_key + j) * key_stride + column];
      }
    }
  }

  let normalizer = workgroup_sum(lane, total);
  partial_outputs[lane] = sum;
  workgroupBarrier();
  if (lane < PACKS) {
    var result = Pack(0.0);
    for (var other = 0u; other < PARTS; other++) { result += partial_outputs[other * PACK_LANES + lane]; }
    output[q_start + lane] = result / normalizer;
  }
}
