// Rotary position embedding of queries and keys, or its inverse, which is its backward. One invocation per rotated pair,
// or per four.
//
//   y[r,h,i]       = x[r,h,i]       * cos - x[r,h,i + D/2] * sin
//   y[r,h,i + D/2] = x[r,h,i + D/2] * cos + x[r,h,i]       * sin        for i < D/2
//
// with cos = table[positions[r], i] and sin = table[positions[r], D/2 + i]; INVERSE 1 negates sin.
//
// q          [ROWS, HEADS, D], D = HEAD_WIDTH
// k          [ROWS, KEY_VALUE_HEADS, D]
// positions  [ROWS]; a position that is out of range reads the last row of the table
// table      [MAX_POSITIONS, D]: D/2 cosines, then D/2 sines
//
// Where the results go is in apart.wgsl and inPlace.wgsl.
//
// Su et al. 2021, https://arxiv.org/abs/2104.09864; pairs i and i + D/2 as Hugging Face's rotate_half.

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override HEADS : u32;
override KEY_VALUE_HEADS : u32;
override HEAD_WIDTH : u32;
override MAX_POSITIONS : u32;
override INVERSE : u32;

@group(0) @binding(2) var<storage, read> positions : array<u32>;
@group(0) @binding(3) var<storage, read> table : array<Elements>;

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
  let sine = select(table[entry + pairs], -table[entry + pairs], INVERSE == 1u);

  if (head < HEADS) {
    let low = (row * HEADS + head) * 2u * pairs + i;
    let high = low + pairs;
    let first = q[low] * cosine - q[high] * sine;
    let second = q[high] * cosine + q[low] * sine;
    put_q(low, first);
    put_q(high, second);
  } else {
    let low = (row * KEY_VALUE_HEADS + head - HEADS) * 2u * pairs + i;
    let high = low + pairs;
    let first = k[low] * cosine - k[high] * sine;
    let second = k[high] * cosine + k[low] * sine;
    put_k(low, first);
    put_k(high, second);
  }
}
