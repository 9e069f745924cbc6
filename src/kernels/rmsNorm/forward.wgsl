// RMSNorm, forward. ROW_LANES lanes per row.
//
//   inv_rms[r] = 1 / sqrt(mean_c(x[r,c]^2) + EPSILON)
//   y[r,c]     = x[r,c] * inv_rms[r] * weight[c]
//
// x, y     [ROWS, COLUMNS]
// weight   [COLUMNS]
// inv_rms  [ROWS], kept for the backward pass
//
// Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467 (EPSILON as in Llama).

override ROWS : u32;
override COLUMNS : u32;
override EPSILON : f32;

@group(0) @binding(0) var<storage, read> x : array<Elements>;
@group(0) @binding(1) var<storage, read> weight : array<Elements>;
@group(0) @binding(2) var<storage, read_write> y : array<Elements>;
@group(0) @binding(3) var<storage, read_write> inv_rms : array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) grid : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let index = ((group.y * grid.x + group.x) * WORKGROUP_SIZE + lane) / ROW_LANES;
  let row = min(index, ROWS - 1u); // lanes beyond the end repeat the last row and store nothing
  let packs = COLUMNS / ELEMENTS;
  let start = row * packs;
  let first = lane % ROW_LANES;

  var squares = Elements(0.0);
  for (var c = first; c < packs; c += ROW_LANES) {
    let value = x[start + c];
    squares += value * value;
  }
  let scale = inverseSqrt(row_sum(lane, sum_of(squares)) / f32(COLUMNS) + EPSILON);

  if (index >= ROWS) { return; }
  for (var c = first; c < packs; c += ROW_LANES) {
    y[start + c] = x[start + c] * scale * weight[c];
  }
  if (first == 0u) { inv_rms[row] = scale; }
}
