// Rows are read and written one element at a time, for any COLUMNS.

alias Elements = f32;

const ELEMENTS = 1u;

fn total(elements : Elements) -> f32 { return elements; }
