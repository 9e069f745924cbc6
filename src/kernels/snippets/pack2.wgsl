// Rows are read two floats at a time. For even widths that four does not divide.
alias Pack = vec2f;
