// The logistic function. exp is kept finite: WGSL may assume that no infinity arises, and e^80 times any
// activation we meet is still a float.

fn sigmoid(x : Elements) -> Elements {
  return 1.0 / (1.0 + exp(min(-x, Elements(80.0))));
}
