// The ceiling of arithmetic: eight independent chains of vec4 multiply-adds, no memory in the loop.
// 64 operations an iteration and lane. The result is stored so that nothing can be dropped.

override ITERATIONS : u32;

@group(0) @binding(0) var<storage, read_write> y : array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let factor = vec4f(0.999, 0.998, 0.997, 0.996);
  var a0 = vec4f(f32(id.x));
  var a1 = a0 + 1.0;
  var a2 = a0 + 2.0;
  var a3 = a0 + 3.0;
  var a4 = a0 + 4.0;
  var a5 = a0 + 5.0;
  var a6 = a0 + 6.0;
  var a7 = a0 + 7.0;
  for (var i = 0u; i < ITERATIONS; i++) {
    a0 = fma(a0, factor, factor);
    a1 = fma(a1, factor, factor);
    a2 = fma(a2, factor, factor);
    a3 = fma(a3, factor, factor);
    a4 = fma(a4, factor, factor);
    a5 = fma(a5, factor, factor);
    a6 = fma(a6, factor, factor);
    a7 = fma(a7, factor, factor);
  }
  y[id.x] = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7;
}
