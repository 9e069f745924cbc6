// LayerNorm, forward. ROW_LANES lanes per row.
//
//   mean[r]    = mean_c(x[r,c])
//   inv_std[r] = 1 / sqrt(mean_c((x[r,c] - mean[r])^2) + EPSILON)
//   y[r,c]     = (x[r,c] - mean[r]) * inv_std[r] * weight[c] + bias[c]
//
// x, y          [ROWS, COLUMNS]
// weight, bias  [COLUMNS]
// statistics    [ROWS, 2]: mean and inv_std, kept for the backward pass
//
// Two passes over x: the mean of squares minus the squared mean would lose the digits that matter.
//
// Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450.

override ROWS : u32;
override COLUMNS : u32;
override EPSILON : f32;

@group(0) @binding(0) var<storage, read> x : array<Elements>;
@group(0) @binding(1) var<storage, read> weight : array<Elements>;
@group(0) @binding(2) var<storage, read> bias : array<Elements>;
@group(0) @binding(3) var<storage, read_write> y : array<Elements>;
@group(0) @binding(4) var<storage, read_write> statistics : array<vec2f>;

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

  // Distances from the first elements are summed, not the elements: a mean far from the spread would take their digits.
  let origin = x[start];
  var sum = Elements(0.0);
  for (var c = first; c < packs; c += ROW_LANES) { sum += x[start + c] - origin; }
  let mean = sum_of(origin) / f32(ELEMENTS) + row_sum(lane, sum_of(sum)) / f32(COLUMNS);

  var squares = Elements(0.0);
  for (var c = first; c < packs; c += ROW_LANES) {
    let centered = x[start + c] - mean;
    squares += centered * centered;
  }
  workgroupBarrier();
  let inv_std = inverseSqrt(row_sum(lane, sum_of(squares)) / f32(COLUMNS) + EPSILON);

  if (index >= ROWS) { return; }
  for (var c = first; c < packs; c += ROW_LANES) {
    y[start + c] = (x[start + c] - mean) * inv_std * weight[c] + bias[c];
  }
  if (first == 0u) { statistics[row] = vec2f(mean, inv_std); }
}
