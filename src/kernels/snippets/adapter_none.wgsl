// No low-rank term: the loops over the rank have no turns.

const RANK4 = 0u;
const B_STRIDE = 0u;
const AFTER_ADAPTER = AFTER_WEIGHT;

fn stride_of_h() -> u32 { return 0u; }

fn offset_in_h(output : u32) -> u32 { return 0u; }

fn load_h(at : u32, rank4 : u32) -> vec4f { return vec4f(); }

fn load_b(at : u32, rank4 : u32) -> vec4f { return vec4f(); }
