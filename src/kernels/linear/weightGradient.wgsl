// The gradient of a trained weight: a product that contracts over rows (tokens).
//
//   gradient[n,k] = sum_m dy[m,n] * x[m,k]
//
// dy        [ROWS, OUTPUTS], OUTPUTS a multiple of 4
// x         [ROWS, COLUMNS], COLUMNS a multiple of 4
// gradient  [OUTPUTS, COLUMNS]; added to when ACCUMULATE is 1
//
// A thread computes 8 outputs by 8 columns in named registers: for each row, 4 loads of vectors feed 64 multiply-adds. No
// workgroup memory, as in forward.wgsl. What is beyond the last output or column repeats it and is not stored.
//
// 32 threads to a workgroup: the weights that are trained as a whole are small, and a 64 by 64 one still makes two.

override ACCUMULATE : u32;

@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read> dy : array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradient : array<vec4f>;

fn store(output : u32, column4 : u32, value : vec4f) {
  let columns4 = sizes.columns / 4u;
  if (output >= sizes.outputs || column4 >= columns4) { return; }
  let at = output * columns4 + column4;
  if (ACCUMULATE == 1u) { gradient[at] += value; } else { gradient[at] = value; }
}

@compute @workgroup_size(8, 4)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let columns4 = sizes.columns / 4u;
  let outputs4 = sizes.outputs / 4u;
  let column_low = 2u * id.x;
  let output_low = 2u * id.y;
  if (column_low >= columns4 || output_low >= outputs4) { return; }
  let column_high = min(column_low + 1u, columns4 - 1u);
  let output_high = min(output_low + 1u, outputs4 - 1u);

  var low0 = vec4f();
  var low1 = vec4f();
  var low2 = vec4f();
  var low3 = vec4f();
  var low4 = vec4f();
  var low5 = vec4f();
  var low6 = vec4f();
  var low7 = vec4f();
  var high0 = vec4f();
  var high1 = vec4f();
  var high2 = vec4f();
  var high3 = vec4f();
  var high4 = vec4f();
  var high5 = vec4f();
  var high6 = vec4f();
  var high7 = vec4f();

  for (var m = 0u; m < sizes.rows; m++) {
    let x_low = x[m * columns4 + column_low];
    let x_high = x[m * columns4 + column_high];
    let dy_low = dy[m * outputs4 + output_low];
    let dy_high = dy[m * outputs4 + output_high];
    low0 = fma(vec4f(dy_low.x), x_low, low0);
    high0 = fma(vec4f(dy_low.x), x_high, high0);
    low1 = fma(vec4f(dy_low.y), x_low, low1);
    high1 = fma(vec4f(dy_low.y), x_high, high1);
    low2 = fma(vec4f(dy_low.z), x_low, low2);
    high2 = fma(vec4f(dy_low.z), x_high, high2);
    low3 = fma(vec4f(dy_low.w), x_low, low3);
    high3 = fma(vec4f(dy_low.w), x_high, high3);
    low4 = fma(vec4f(dy_high.x), x_low, low4);
    high4 = fma(vec4f(dy_high.x), x_high, high4);
    low5 = fma(vec4f(dy_high.y), x_low, low5);
    high5 = fma(vec4f(dy_high.y), x_high, high5);
    low6 = fma(vec4f(dy_high.z), x_low, low6);
    high6 = fma(vec4f(dy_high.z), x_high, high6);
    low7 = fma(vec4f(dy_high.w), x_low, low7);
    high7 = fma(vec4f(dy_high.w), x_high, high7);
  }

  let output = 4u * output_low;
  store(output, column_low, low0);
  store(output, column_low + 1u, high0);
  store(output + 1u, column_low, low1);
  store(output + 1u, column_low + 1u, high1);
  store(output + 2u, column_low, low2);
  store(output + 2u, column_low + 1u, high2);
  store(output + 3u, column_low, low3);
  store(output + 3u, column_low + 1u, high3);
  store(output + 4u, column_low, low4);
  store(output + 4u, column_low + 1u, high4);
  store(output + 5u, column_low, low5);
  store(output + 5u, column_low + 1u, high5);
  store(output + 6u, column_low, low6);
  store(output + 6u, column_low + 1u, high6);
  store(output + 7u, column_low, low7);
  store(output + 7u, column_low + 1u, high7);
}
