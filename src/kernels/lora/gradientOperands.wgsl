// The operands of gradient.wgsl when COLUMNS and RANK are multiples of 4. Beyond the end: the last values.

@group(0) @binding(0) var<storage, read> wide : array<vec4f>;
@group(0) @binding(1) var<storage, read> narrow : array<vec4f>;

fn load_wide(row : u32, column4 : u32) -> vec4f {
  return wide[row * (sizes.columns / 4u) + min(column4, sizes.columns / 4u - 1u)];
}

fn load_narrow(row : u32, rank4 : u32) -> vec4f {
  return narrow[row * (RANK / 4u) + min(rank4, RANK / 4u - 1u)];
}
