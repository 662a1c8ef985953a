// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy | FileCheck %s

// A choice made by hand stays, and the choice of another run too.
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy \
// RUN:   --nnq-set-target=target=x86-64-v3 --nnq-select-strategy | FileCheck %s

#x = affine_map<(n, h, w, c, i, j, k) -> (n, h + i, w + j, k)>
#w = affine_map<(n, h, w, c, i, j, k) -> (c, i, j, k)>
#y = affine_map<(n, h, w, c, i, j, k) -> (n, h, w, c)>
#a = affine_map<(n, c, k) -> (n, k)>
#b = affine_map<(n, c, k) -> (c, k)>
#o = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @hand_written
// CHECK: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 3, blocks = 2>
func.func @hand_written(%x: tensor<1x14x14x8xi8>, %w: tensor<32x3x3x8xi8>,
    %f: tensor<1x12x12x32xi32>) -> tensor<1x12x12x32xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xi8>, tensor<32x3x3x8xi8>)
      outs(%f : tensor<1x12x12x32xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 3, blocks = 2>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x12x12x32xi32>
  return %0 : tensor<1x12x12x32xi32>
}

// CHECK-LABEL: @chosen
// CHECK: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = {{[0-9]+}}, blocks = {{[0-9]+}}>
func.func @chosen(%x: tensor<1x14x14x8xi8>, %w: tensor<64x3x3x8xi8>,
    %f: tensor<1x12x12x64xi32>) -> tensor<1x12x12x64xi32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x14x8xi8>, tensor<64x3x3x8xi8>)
      outs(%f : tensor<1x12x12x64xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x12x12x64xi32>
  return %0 : tensor<1x12x12x64xi32>
}
