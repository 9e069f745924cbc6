// A matrix product with few output columns: the projections into and out of the rank of an adapter.
//
//   narrow[m,r] = SCALE * sum_k left[m,k] * right[k,r]
//
// narrow  [ROWS, RANK]
// left, right, and how many groups of 4 terms the sum has, are in project.wgsl and projectBack.wgsl.
//
// For long sums: there are too few outputs to fill a GPU with one thread for each tile, so the terms of a sum are dealt
// out to the lanes of a workgroup: RANK_GROUPS groups of 4 ranks, times the lanes that share a sum. Every
// thread keeps 8 rows by 4 ranks. The partial sums are added in a fixed order.

override SCALE : f32;
override RANK_GROUPS : u32; // 1, 2 or 4

const WORKGROUP_SIZE = 32u;
const TILE_ROWS = 8u;
override TERM_LANES : u32 = WORKGROUP_SIZE / RANK_GROUPS;

@group(0) @binding(1) var<storage, read_write> narrow : array<f32>;

var<workgroup> partial_sums : array<vec4f, TILE_ROWS * WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let first_rank = 4u * RANK_GROUPS * group.x;
  let first_row = TILE_ROWS * group.y;
  let rank = first_rank + 4u * (lane / TERM_LANES);
  let m0 = first_row;
  let m1 = min(first_row + 1u, sizes.rows - 1u);
  let m2 = min(first_row + 2u, sizes.rows - 1u);
  let m3 = min(first_row + 3u, sizes.rows - 1u);
  let m4 = min(first_row + 4u, sizes.rows - 1u);
  let m5 = min(first_row + 5u, sizes.rows - 1u);
  let m6 = min(first_row + 6u, sizes.rows - 1u);
  let m7 = min(first_row + 7u, sizes.rows - 1u);

  let plane = plane_of_rank(rank);
  let l0 = start_of_left(m0, plane);
  let l1 = start_of_left(m1, plane);
  let l2 = start_of_left(m2, plane);
  let l3 = start_of_left(m3, plane);
  let l4 = start_of_left(m4, plane);
  let l5 = start_of_left(m5, plane);
  let l6 = start_of_left(m6, plane);
  let l7 = start_of_left(m7, plane);

  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var s4 = vec4f();
  var s5 = vec4f();
  var s6 = vec4f();
  var s7 = vec4f();
  for (var k = first_term4(plane) + lane % TERM_LANES; k < end_of_terms4(plane); k += TERM_LANES) {
    let w = right(k, rank);
    s0 = multiply_add(s0, w, left(l0, k));
    s1 = multiply_add(s1, w, left(l1, k));
    s2 = multiply_add(s2, w, left(l2, k));
    s3 = multiply_add(s3, w, left(l3, k));
    s4 = multiply_add(s4, w, left(l4, k));
    s5 = multiply_add(s5, w, left(l5, k));
    s6 = multiply_add(s6, w, left(l6, k));
    s7 = multiply_add(s7, w, left(l7, k));
  }
  partial_sums[lane] = s0;
  partial_sums[WORKGROUP_SIZE + lane] = s1;
  partial_sums[2u * WORKGROUP_SIZE + lane] = s2;
  partial_sums[3u * WORKGROUP_SIZE + lane] = s3;
  partial_sums[4u * WORKGROUP_SIZE + lane] = s4;
  partial_sums[5u * WORKGROUP_SIZE + lane] = s5;
  partial_sums[6u * WORKGROUP_SIZE + lane] = s6;
  partial_sums[7u * WORKGROUP_SIZE + lane] = s7;
  workgroupBarrier();

  let row = first_row + lane / RANK_GROUPS;
  let column = first_rank + 4u * (lane % RANK_GROUPS);
  if (lane >= TILE_ROWS * RANK_GROUPS || row >= sizes.rows || column >= rank_count()) { return; }
  let start = lane / RANK_GROUPS * WORKGROUP_SIZE + lane % RANK_GROUPS * TERM_LANES;
  var sum = vec4f();
  for (var i = 0u; i < TERM_LANES; i++) { sum += partial_sums[start + i]; }
  sum *= SCALE;

  let at = row * rank_count() + column;
  narrow[at] = sum.x;
  if (column + 1u < rank_count()) { narrow[at + 1u] = sum.y; }
  if (column + 2u < rank_count()) { narrow[at + 2u] = sum.z; }
  if (column + 3u < rank_count()) { narrow[at + 3u] = sum.w; }
}
