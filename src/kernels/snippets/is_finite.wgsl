// Neither infinite nor NaN, by the bits: compilers may assume that floats are, and drop other tests.

fn is_finite(value : f32) -> bool { return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u; }
