// Elements are read and written four at a time: there is a multiple of 4 of them, in every row where there are rows.

alias Elements = vec4f;

const ELEMENTS = 4u;

fn sum_of(elements : Elements) -> f32 { return elements.x + elements.y + elements.z + elements.w; }
