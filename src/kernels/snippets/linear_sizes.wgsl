// The sizes of a linear layer's operands, read while running: one pipeline serves every layer, and compiling
// the large tiles once instead of for each shape is most of the time until the first step.
//
// A weight too large for one buffer lies in parts, by its rows. The step of a part has `outputs` of the layer's
// `all_outputs`, from `first_output` on; y and dy are as wide as the layer.
//
// Layers of one input can be computed together: their weights are one matrix, one below the other. Each layer's outputs are
// a plane of their own, [ROWS, its outputs], and the planes of y and of dy follow each other. At most three planes begin at
// the outputs 0, `second_plane` and `third_plane`, all multiples of 8; where there is none, that is `all_outputs`.

struct Sizes {
  rows : u32,
  columns : u32,
  outputs : u32,
  all_outputs : u32,
  first_output : u32,
  second_plane : u32,
  third_plane : u32,
}

@group(1) @binding(0) var<uniform> sizes : Sizes;

fn plane_count() -> u32 {
  return 1u + u32(sizes.second_plane < sizes.all_outputs) + u32(sizes.third_plane < sizes.all_outputs);
}

fn plane_of(output : u32) -> u32 { return u32(output >= sizes.second_plane) + u32(output >= sizes.third_plane); }

/// The first output of a plane.
fn plane_begin(plane : u32) -> u32 { return select(0u, select(sizes.second_plane, sizes.third_plane, plane > 1u), plane > 0u); }

/// One more than the last output of a plane.
fn plane_end(plane : u32) -> u32 {
  return select(sizes.second_plane, select(sizes.third_plane, sizes.all_outputs, plane > 1u), plane > 0u);
}

/// Where a row of y or dy would have output 0, if its plane reached so far: the outputs of the plane lie at this plus their number.
fn row_of_plane(row : u32, plane : u32) -> u32 {
  let begin = plane_begin(plane);
  return sizes.rows * begin + row * (plane_end(plane) - begin) - begin + sizes.first_output;
}
