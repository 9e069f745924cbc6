// Rotary position embedding of new queries and keys, the keys written behind those the cache holds already, and the values
// behind theirs: all that stands between the products of a new token and its attention. One invocation per rotated pair, or
// per four; see rope/rotate.wgsl for the formulas.
//
// q, rotated_q  [ROWS, HEADS, D], D = HEAD_WIDTH
// k, v          [ROWS, KEY_VALUE_HEADS, D]
// positions     [ROWS]; rows follow one another in the cache from positions[0] on, and those that do not fit are dropped
// table         [MAX_POSITIONS, D]: D/2 cosines, then D/2 sines; a position out of range reads its last row
// keys, values  [CAPACITY, KEY_VALUE_HEADS, D]
//
// Where the cache stands is read from the positions, because a kernel may bind no more than eight buffers.

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override HEADS : u32;
override KEY_VALUE_HEADS : u32;
override HEAD_WIDTH : u32;
override MAX_POSITIONS : u32;
override CAPACITY : u32;

@group(0) @binding(0) var<storage, read> q : array<Elements>;
@group(0) @binding(1) var<storage, read> k : array<Elements>;
@group(0) @binding(2) var<storage, read> v : array<Elements>;
@group(0) @binding(3) var<storage, read> positions : array<u32>;
@group(0) @binding(4) var<storage, read> table : array<Elements>;
@group(0) @binding(5) var<storage, read_write> rotated_q : array<Elements>;
@group(0) @binding(6) var<storage, read_write> keys : array<Elements>;
@group(0) @binding(7) var<storage, read_write> values : array<Elements>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let pair = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  let pairs = HEAD_WIDTH / 2u / ELEMENTS;
  let all_heads = HEADS + KEY_VALUE_HEADS;
  if (pair >= ROWS * all_heads * pairs) { return; }
  let i = pair % pairs;
  let head = pair / pairs % all_heads;
  let row = pair / pairs / all_heads;

  let entry = min(positions[row], MAX_POSITIONS - 1u) * 2u * pairs + i;
  let cosine = table[entry];
  let sine = table[entry + pairs];

  if (head < HEADS) {
    let low = (row * HEADS + head) * 2u * pairs + i;
    let high = low + pairs;
    rotated_q[low] = q[low] * cosine - q[high] * sine;
    rotated_q[high] = q[high] * cosine + q[low] * sine;
    return;
  }
  let cache_row = positions[0] + row;
  if (cache_row >= CAPACITY) { return; }
  let low = (row * KEY_VALUE_HEADS + head - HEADS) * 2u * pairs + i;
  let high = low + pairs;
  let cached_low = (cache_row * KEY_VALUE_HEADS + head - HEADS) * 2u * pairs + i;
  let cached_high = cached_low + pairs;
  keys[cached_low] = k[low] * cosine - k[high] * sine;
  keys[cached_high] = k[high] * cosine + k[low] * sine;
  values[cached_low] = v[low];
  values[cached_high] = v[high];
}
