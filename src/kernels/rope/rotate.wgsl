// Rotary position embedding, or its inverse, which is its backward. One invocation per rotated pair, or per four.
//
//   y[r,h,i]       = x[r,h,i]       * cos - x[r,h,i + D/2] * sin
//   y[r,h,i + D/2] = x[r,h,i + D/2] * cos + x[r,h,i]       * sin        for i < D/2
//
// with cos = table[positions[r], i] and sin = table[positions[r], D/2 + i]; INVERSE 1 negates sin.
//
// x, y       [ROWS, HEADS, D], D = HEAD_WIDTH; y is added to when ACCUMULATE is 1
// positions  [ROWS]; a position that is out of range reads the last row of the table
// table      [MAX_POSITIONS, D]: D/2 cosines, then D/2 sines
//
// Su et al. 2021, https://arxiv.org/abs/2104.09864; pairs i and i + D/2 as Hugging Face's rotate_half.

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override HEADS : u32;
override HEAD_WIDTH : u32;
override MAX_POSITIONS : u32;
override INVERSE : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> x : array<Elements>;
@group(0) @binding(1) var<storage, read> positions : array<u32>;
@group(0) @binding(2) var<storage, read> table : array<Elements>;
@group(0) @binding(3) var<storage, read_write> y : array<Elements>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let pair = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  let pairs = HEAD_WIDTH / 2u / ELEMENTS;
  if (pair >= ROWS * HEADS * pairs) { return; }
  let i = pair % pairs;
  let head_row = pair / pairs;

  let entry = min(positions[head_row / HEADS], MAX_POSITIONS - 1u) * 2u * pairs + i;
  let cosine = table[entry];
  let sine = select(table[entry + pairs], -table[entry + pairs], INVERSE == 1u);

  let low = head_row * 2u * pairs + i;
  let high = low + pairs;
  let first = x[low] * cosine - x[high] * sine;
  let second = x[high] * cosine + x[low] * sine;
  if (ACCUMULATE == 1u) {
    y[low] += first;
    y[high] += second;
  } else {
    y[low] = first;
    y[high] = second;
  }
}
