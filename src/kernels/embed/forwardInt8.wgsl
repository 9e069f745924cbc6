// Embedding lookup, in one part of an int8 table. One invocation for four columns.
//
//   y[r,c] = scales[row, c / 32] * values[row, c]   with row = tokens[r] - FIRST, for the tokens whose rows are in this part
//
// tokens  [ROWS]; an id of VOCABULARY or more reads the last row there is
// values  [COUNT, COLUMNS] i8, four to a word, COLUMNS a multiple of 32
// scales  [COUNT, COLUMNS / 32] f16, two to a word
// y       [ROWS, COLUMNS]; the rows of other parts' tokens are left alone

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override VOCABULARY : u32;
override FIRST : u32;
override COUNT : u32;

@group(0) @binding(0) var<storage, read> tokens : array<u32>;
@group(0) @binding(1) var<storage, read> values : array<u32>;
@group(0) @binding(2) var<storage, read> scales : array<u32>;
@group(0) @binding(3) var<storage, read_write> y : array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let groups = COLUMNS / 4u;
  let i = (group.y * grid.x + group.x) * WORKGROUP_SIZE + lane;
  if (i >= ROWS * groups) { return; }
  let token = min(tokens[i / groups], VOCABULARY - 1u);
  if (token < FIRST || token - FIRST >= COUNT) { return; }
  let at = (token - FIRST) * groups + i % groups;
  let block = at / 8u;
  let pair = unpack2x16float(scales[block / 2u]);
  let scale = select(pair.x, pair.y, (block & 1u) == 1u);
  // Shifts rather than unpack4xI8, which is a language feature that not every browser has.
  let four = (vec4i(bitcast<i32>(values[at])) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u);
  y[i] = scale * vec4f(four);
}
