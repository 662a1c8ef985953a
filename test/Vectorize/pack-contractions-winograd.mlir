// RUN: nnq-opt %s --nnq-pack-contractions | FileCheck %s
// RUN: nnq-opt %s --nnq-pack-contractions --nnq-pack-contractions | FileCheck %s

#x = affine_map<(h, w, c, i, j, k) -> (h + i, w + j, k)>
#w = affine_map<(h, w, c, i, j, k) -> (c, i, j, k)>
#y = affine_map<(h, w, c, i, j, k) -> (h, w, c)>

// Of weights that are transformed in registers, the first and the third tap are
// neighbours, and the second ones have a constant of their own; kernels take in
// what puts them together.
// CHECK-DAG: #[[PAIR:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d3, d4, d1 floordiv 2)>
// CHECK-DAG: #[[ONE:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d3, d4)>
// CHECK-LABEL: @fused
// CHECK-DAG: %[[MIDDLE:.+]] = arith.constant dense_resource<conv_weights_middle> : tensor<1x3x2x2xi8>
// CHECK-DAG: %[[OUTER:.+]] = arith.constant dense_resource<conv_weights> : tensor<1x3x2x2x2xi8>
// CHECK: %[[WHOLE:.+]] = linalg.generic {indexing_maps = [#[[PAIR]], #[[ONE]], #{{.+}}]
// CHECK-SAME: ins(%[[OUTER]], %[[MIDDLE]] :
// CHECK: %[[TAP:.+]] = linalg.index 1
// CHECK: arith.cmpi eq, %[[TAP]], %c1
// CHECK: arith.select
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.+}}, %[[WHOLE]] : tensor<6x12xi8>, tensor<1x3x3x2x2xi8>)
// CHECK-SAME: fused = true
// Columns by lanes by inputs.
// CHECK-DAG: conv_weights_middle: "0x400000000B0C292A0D0E2B2C0F102D2E"
// CHECK-DAG: conv_weights: "0x40000000011502161F33203403170418213522360519061A23372438"
func.func @fused(%x: tensor<6x6x2xi8>, %f: tensor<4x4x2xi32>) -> tensor<4x4x2xi32> {
  %w = arith.constant dense<[
    [[[1, 2], [3, 4], [5, 6]], [[11, 12], [13, 14], [15, 16]], [[21, 22], [23, 24], [25, 26]]],
    [[[31, 32], [33, 34], [35, 36]], [[41, 42], [43, 44], [45, 46]], [[51, 52], [53, 54], [55, 56]]]]> : tensor<2x3x3x2xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<6x6x2xi8>, tensor<2x3x3x2xi8>) outs(%f : tensor<4x4x2xi32>)
      attrs = {nnq.layer = "conv", nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 2, group = 2, rows = 1, blocks = 1, winograd = 4, strip = 1, fused = true>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x4x2xi32>
  return %0 : tensor<4x4x2xi32>
}
