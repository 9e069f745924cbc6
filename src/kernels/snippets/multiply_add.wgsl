// sum + w * v in one chain of multiply-adds: `sum + (w * v)` would cost an addition more.

fn multiply_add(sum : vec4f, w : mat4x4f, v : vec4f) -> vec4f {
  return fma(w[3], vec4f(v.w), fma(w[2], vec4f(v.z), fma(w[1], vec4f(v.y), fma(w[0], vec4f(v.x), sum))));
}
