// No low-rank term: the loops over the rank have no turns.

fn ranks4() -> u32 { return 0u; }

fn stride_of_dh() -> u32 { return 0u; }

fn load_dh(at : u32, rank4 : u32) -> vec4f { return vec4f(); }

fn load_a(r : u32, column4 : u32) -> vec4f { return vec4f(); }
