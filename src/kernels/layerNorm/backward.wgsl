// LayerNorm, backward to x. ROW_LANES lanes per row. Weight and bias are frozen and get no gradient.
//
//   n[r,c]  = (x[r,c] - mean[r]) * inv_std[r]
//   g[r,c]  = dy[r,c] * weight[c]
//   dx[r,c] = inv_std[r] * (g[r,c] - mean_c(g[r,c]) - n[r,c] * mean_c(g[r,c] * n[r,c]))
//
// x, dy, dx   [ROWS, COLUMNS]; dx is added to when ACCUMULATE is 1
// weight      [COLUMNS]
// statistics  [ROWS, 2]: mean and inv_std, from the forward pass

override ROWS : u32;
override COLUMNS : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> x : array<Elements>;
@group(0) @binding(1) var<storage, read> weight : array<Elements>;
@group(0) @binding(2) var<storage, read> statistics : array<vec2f>;
@group(0) @binding(3) var<storage, read> dy : array<Elements>;
@group(0) @binding(4) var<storage, read_write> dx : array<Elements>;

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
  let mean = statistics[row].x;
  let inv_std = statistics[row].y;

  var sum = Elements(0.0);
  var products = Elements(0.0);
  for (var c = first; c < packs; c += ROW_LANES) {
    let g = dy[start + c] * weight[c];
    sum += g;
    products += g * (x[start + c] - mean) * inv_std;
  }
  let mean_g = row_sum(lane, sum_of(sum)) / f32(COLUMNS);
  workgroupBarrier();
  let mean_gn = row_sum(lane, sum_of(products)) / f32(COLUMNS);

  if (index >= ROWS) { return; }
  for (var c = first; c < packs; c += ROW_LANES) {
    let n = (x[start + c] - mean) * inv_std;
    let value = inv_std * (dy[start + c] * weight[c] - mean_g - n * mean_gn);
    if (ACCUMULATE == 1u) { dx[start + c] += value; } else { dx[start + c] = value; }
  }
}
