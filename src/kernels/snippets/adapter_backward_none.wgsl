// No low-rank term: the loops over the rank have no turns.

const RANK4 = 0u;
const DH_STRIDE = 0u;

fn load_dh(at : u32, rank4 : u32) -> vec4f { return vec4f(); }

fn load_a(r : u32, column4 : u32) -> vec4f { return vec4f(); }
