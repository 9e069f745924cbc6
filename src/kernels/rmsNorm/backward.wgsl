// RMSNorm, backward to x. ROW_LANES lanes per row. The weight is frozen and gets no gradient.
//
//   dot[r]  = sum_c dy[r,c] * weight[c] * x[r,c]
//   dx[r,c] = inv_rms[r] * (dy[r,c] * weight[c] - x[r,c] * inv_rms[r]^2 * dot[r] / COLUMNS)
//
// x, dy, dx  [ROWS, COLUMNS]; dx is added to when ACCUMULATE is 1
// weight     [COLUMNS]
// inv_rms    [ROWS], from the forward pass

override ROWS : u32;
override COLUMNS : u32;
override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> x : array<Elements>;
@group(0) @binding(1) var<storage, read> weight : array<Elements>;
@group(0) @binding(2) var<storage, read> inv_rms : array<f32>;
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

  var products = Elements(0.0);
  for (var c = first; c < packs; c += ROW_LANES) {
    products += dy[start + c] * weight[c] * x[start + c];
  }
  let scale = inv_rms[row];
  let pull = row_sum(lane, sum_of(products)) * scale * scale / f32(COLUMNS);

  if (index >= ROWS) { return; }
  for (var c = first; c < packs; c += ROW_LANES) {
    let value = scale * (dy[start + c] * weight[c] - x[start + c] * pull);
    if (ACCUMULATE == 1u) { dx[start + c] += value; } else { dx[start + c] = value; }
  }
}
