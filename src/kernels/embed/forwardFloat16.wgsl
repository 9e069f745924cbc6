// Embedding lookup, in one part of a table of halves. One invocation for four columns.
//
//   y[r,c] = table[tokens[r] - FIRST, c]   for the tokens from FIRST on whose rows are in this part
//
// tokens  [ROWS]; an id of VOCABULARY or more reads the last row there is
// table   [COUNT, COLUMNS] f16, two to a word, COLUMNS a multiple of 4
// y       [ROWS, COLUMNS]; the rows of other parts' tokens are left alone

override WORKGROUP_SIZE : u32 = 64u;
override ROWS : u32;
override COLUMNS : u32;
override VOCABULARY : u32;
override FIRST : u32;
override COUNT : u32;

@group(0) @binding(0) var<storage, read> tokens : array<u32>;
@group(0) @binding(1) var<storage, read> table : array<vec2u>;
@group(0) @binding(2) var<storage, read_write> y : array<vec4f>;

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
  let pairs = table[(token - FIRST) * groups + i % groups];
  y[i] = vec4f(unpack2x16float(pairs.x), unpack2x16float(pairs.y));
}
