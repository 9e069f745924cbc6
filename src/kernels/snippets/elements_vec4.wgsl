// Rows are read and written four elements at a time: COLUMNS is a multiple of 4.

alias Elements = vec4f;

const ELEMENTS = 4u;

fn total(elements : Elements) -> f32 { return elements.x + elements.y + elements.z + elements.w; }
