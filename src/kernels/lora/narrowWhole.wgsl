// A matrix product with few output columns, see narrow.wgsl, where a sum is so short that one thread may do all of it: no
// workgroup memory, no barrier, and an eighth of the time on a software adapter.
//
// A thread computes 8 rows by 4 ranks in named registers, as in linear/forward.wgsl.

override SCALE : f32;

const TILE_ROWS = 8u;

@group(0) @binding(1) var<storage, read_write> narrow : array<f32>;

fn store(row : u32, rank : u32, sum : vec4f) {
  if (row >= sizes.rows) { return; }
  let at = row * rank_count() + rank;
  narrow[at] = SCALE * sum.x;
  if (rank + 1u < rank_count()) { narrow[at + 1u] = SCALE * sum.y; }
  if (rank + 2u < rank_count()) { narrow[at + 2u] = SCALE * sum.z; }
  if (rank + 3u < rank_count()) { narrow[at + 3u] = SCALE * sum.w; }
}

@compute @workgroup_size(4, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let rank = 4u * id.x;
  let row = TILE_ROWS * id.y;
  if (rank >= rank_count() || row >= sizes.rows) { return; }
  let m0 = row;
  let m1 = min(row + 1u, sizes.rows - 1u);
  let m2 = min(row + 2u, sizes.rows - 1u);
  let m3 = min(row + 3u, sizes.rows - 1u);
  let m4 = min(row + 4u, sizes.rows - 1u);
  let m5 = min(row + 5u, sizes.rows - 1u);
  let m6 = min(row + 6u, sizes.rows - 1u);
  let m7 = min(row + 7u, sizes.rows - 1u);

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
  for (var k = first_term4(plane); k < end_of_terms4(plane); k++) {
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
  store(row, rank, s0);
  store(row + 1u, rank, s1);
  store(row + 2u, rank, s2);
  store(row + 3u, rank, s3);
  store(row + 4u, rank, s4);
  store(row + 5u, rank, s5);
  store(row + 6u, rank, s6);
  store(row + 7u, rank, s7);
}
