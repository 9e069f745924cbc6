// The sizes of a linear layer's operands, read while running: one pipeline serves every layer, and compiling
// the large tiles once instead of for each shape is most of the time until the first step.
//
// A weight too large for one buffer lies in parts, by its rows. The step of a part has `outputs` of the layer's
// `all_outputs`, from `first_output` on; y and dy are as wide as the layer.

struct Sizes { rows : u32, columns : u32, outputs : u32, all_outputs : u32, first_output : u32 }

@group(1) @binding(0) var<uniform> sizes : Sizes;
