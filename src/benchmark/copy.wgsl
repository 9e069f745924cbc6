// The ceiling of memory: every vec4 read once and written once.

override COUNT : u32;

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y : array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u, @builtin(num_workgroups) grid : vec3u) {
  for (var i = id.x; i < COUNT; i += 64u * grid.x) { y[i] = x[i]; }
}
