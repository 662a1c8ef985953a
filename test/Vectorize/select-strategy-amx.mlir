// RUN: nnq-opt %s --nnq-set-target=target=sapphirerapids --nnq-select-strategy | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target="target=sapphirerapids features=-amx-int8" --nnq-select-strategy \
// RUN:   | FileCheck %s --check-prefix=VECTOR
// RUN: nnq-opt %s --nnq-set-target=target=sapphirerapids --nnq-select-strategy=objective=size \
// RUN:   | FileCheck %s --check-prefix=VECTOR

// VECTOR-NOT: tdpbusd

#x = affine_map<(n, h, w, c, i, j, k) -> (n, h + i, w + j, k)>
#w = affine_map<(n, h, w, c, i, j, k) -> (c, i, j, k)>
#y = affine_map<(n, h, w, c, i, j, k) -> (n, h, w, c)>

// Two matrices of 16 rows by two blocks of channels: four sums, which hide the
// latency of a product.
// CHECK-LABEL: @linear
// CHECK: nnq.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 32, blocks = 2
func.func @linear(%x: tensor<1x1x128x384xi8>, %w: tensor<384x1x1x384xi8>,
    %f: tensor<1x1x128x384xi32>) -> tensor<1x1x128x384xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x1x128x384xi8>, tensor<384x1x1x384xi8>)
      outs(%f : tensor<1x1x128x384xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x1x128x384xi32>
  return %0 : tensor<1x1x128x384xi32>
}

// Lines of 7 pixels are too short for a matrix: several at once.
// CHECK-LABEL: @short_lines
// CHECK: nnq.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = {{14|21|28|35|42|49}}, blocks
func.func @short_lines(%x: tensor<1x9x9x512xi8>, %w: tensor<512x3x3x512xi8>,
    %f: tensor<1x7x7x512xi32>) -> tensor<1x7x7x512xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x9x9x512xi8>, tensor<512x3x3x512xi8>)
      outs(%f : tensor<1x7x7x512xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x7x7x512xi32>
  return %0 : tensor<1x7x7x512xi32>
}

// A single row would leave matrices almost empty, and a few inputs would, too.
// CHECK-LABEL: @row
// CHECK: nnq.kernel = #nnq.kernel<dot = vpdpbusd
func.func @row(%x: tensor<1x1x1x256xi8>, %w: tensor<120x1x1x256xi8>,
    %f: tensor<1x1x1x120xi32>) -> tensor<1x1x1x120xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x1x1x256xi8>, tensor<120x1x1x256xi8>)
      outs(%f : tensor<1x1x1x120xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x1x1x120xi32>
  return %0 : tensor<1x1x1x120xi32>
}
