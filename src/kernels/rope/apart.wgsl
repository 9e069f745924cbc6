// What is rotated goes into tensors of its own, where it is added when ACCUMULATE is 1. See rotate.wgsl.

override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> q : array<Elements>;
@group(0) @binding(1) var<storage, read> k : array<Elements>;
@group(0) @binding(4) var<storage, read_write> rotated_q : array<Elements>;
@group(0) @binding(5) var<storage, read_write> rotated_k : array<Elements>;

fn put_q(at : u32, value : Elements) {
  if (ACCUMULATE == 1u) { rotated_q[at] += value; } else { rotated_q[at] = value; }
}

fn put_k(at : u32, value : Elements) {
  if (ACCUMULATE == 1u) { rotated_k[at] += value; } else { rotated_k[at] = value; }
}
