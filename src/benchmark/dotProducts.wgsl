// The ceiling of packed int8 products: eight independent chains of dot products of four, no memory in the loop.
// 64 operations an iteration and lane, as in multiplyAdd.wgsl. The result is stored so that nothing can be dropped.
//
// Needs the language feature packed_4x8_integer_dot_product.

override ITERATIONS : u32;

@group(0) @binding(0) var<storage, read_write> y : array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let factor = 0x01fe03fcu;
  var a0 = i32(id.x);
  var a1 = a0 + 1;
  var a2 = a0 + 2;
  var a3 = a0 + 3;
  var a4 = a0 + 4;
  var a5 = a0 + 5;
  var a6 = a0 + 6;
  var a7 = a0 + 7;
  for (var i = 0u; i < ITERATIONS; i++) {
    a0 += dot4I8Packed(bitcast<u32>(a0), factor);
    a1 += dot4I8Packed(bitcast<u32>(a1), factor);
    a2 += dot4I8Packed(bitcast<u32>(a2), factor);
    a3 += dot4I8Packed(bitcast<u32>(a3), factor);
    a4 += dot4I8Packed(bitcast<u32>(a4), factor);
    a5 += dot4I8Packed(bitcast<u32>(a5), factor);
    a6 += dot4I8Packed(bitcast<u32>(a6), factor);
    a7 += dot4I8Packed(bitcast<u32>(a7), factor);
  }
  y[id.x] = bitcast<u32>(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
}
