// As little as a dispatch can do: what it takes is the cost of a dispatch.

@group(0) @binding(0) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(1)
fn main() {
  y[0] += 1.0;
}
