// The sizes of a linear layer's operands, read while running: one pipeline serves every layer, and compiling
// the large tiles once instead of for each shape is most of the time until the first step.

struct Sizes { rows : u32, columns : u32, outputs : u32 }

@group(1) @binding(0) var<uniform> sizes : Sizes;
