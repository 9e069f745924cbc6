// Sum of squares of all gradients, first half: every invocation adds up its own, and leaves one of PARTS partial sums.
// No workgroup adds theirs together: the second half has one barrier for all, where this would have one for each of many
// workgroups, and software adapters pay for those.
//
// gradients  [COUNT]
// partials   [PARTS, 2]: the sum over the finite gradients, and 1 when some were not finite
//
// A value is tested by its bits: compilers may assume that there are no NaNs and drop `x != x`.

override COUNT : u32; // a multiple of 4, as that of every slab
override PARTS : u32; // a multiple of WORKGROUP_SIZE

const WORKGROUP_SIZE = 64u;

@group(0) @binding(0) var<storage, read> gradients : array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partials : array<vec2f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id : vec3u) {
  var squares = 0.0;
  var strays = 0.0;
  for (var i = id.x; i < COUNT / 4u; i += PARTS) {
    let value = gradients[i];
    let finite = vec4<bool>(is_finite(value.x), is_finite(value.y), is_finite(value.z), is_finite(value.w));
    let kept = select(vec4f(), value, finite);
    squares += dot(kept, kept);
    if (!all(finite)) { strays = 1.0; }
  }
  partials[id.x] = vec2f(squares, strays);
}
