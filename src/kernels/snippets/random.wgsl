// Counter-based random bits; the same function as base/random.ts.

fn mix32(value : u32) -> u32 {
  var x = value;
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}

fn random_bits(seed : u32, stream : u32, index : u32) -> u32 {
  return mix32(mix32(mix32(seed) ^ stream) ^ index);
}
