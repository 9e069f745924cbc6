// The ranks of an adapter, or of those of layers that are computed together: RANK for each plane; see linear_sizes.wgsl.

override RANK : u32;

fn rank_count() -> u32 { return plane_count() * RANK; }

/// What is beyond the last rank belongs to the last plane.
fn plane_of_rank(rank : u32) -> u32 { return min(rank / RANK, plane_count() - 1u); }
