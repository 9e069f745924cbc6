// Elements are read and written one at a time, for any number of them.

alias Elements = f32;

const ELEMENTS = 1u;

fn sum_of(elements : Elements) -> f32 { return elements; }
