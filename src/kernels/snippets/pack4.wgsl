// Rows are read four floats at a time. For widths that four divides.
alias Pack = vec4f;
