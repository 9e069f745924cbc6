// What is rotated stays where it was: an invocation reads its pair before it writes it. See rotate.wgsl.

@group(0) @binding(0) var<storage, read_write> q : array<Elements>;
@group(0) @binding(1) var<storage, read_write> k : array<Elements>;

fn put_q(at : u32, value : Elements) { q[at] = value; }

fn put_k(at : u32, value : Elements) { k[at] = value; }
