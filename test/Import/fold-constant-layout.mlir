// RUN: nnq-opt %s --nnq-fold-constant-layout --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-fold-constant-layout --nnq-fold-constant-layout \
// RUN:   --split-input-file | FileCheck %s

// CHECK-LABEL: @transpose_of_resource
// CHECK-NEXT: %[[W:.+]] = arith.constant dense_resource<w_1> : tensor<3x2xf32>
// CHECK-NEXT: return %[[W]]
func.func @transpose_of_resource() -> tensor<3x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>)
    permutation = [1, 0]
  return %t : tensor<3x2xf32>
}

// 1 2 3 / 4 5 6 becomes 1 4 / 2 5 / 3 6.
// CHECK: w_1: "0x400000000000803F00008040000000400000A040000040400000C040"
{-#
  dialect_resources: {
    builtin: {
      w: "0x400000000000803F0000004000004040000080400000A0400000C040"
    }
  }
#-}

// -----

// CHECK-LABEL: @transpose_of_dense
// CHECK-NEXT: %[[W:.+]] = arith.constant dense_resource<weights> : tensor<3x2xi8>
// CHECK-NEXT: return %[[W]]
func.func @transpose_of_dense() -> tensor<3x2xi8> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %e = tensor.empty() : tensor<3x2xi8>
  %t = linalg.transpose ins(%w : tensor<2x3xi8>) outs(%e : tensor<3x2xi8>)
    permutation = [1, 0]
  return %t : tensor<3x2xi8>
}
// CHECK: weights: "0x40000000010402050306"

// -----

#t = affine_map<(d0, d1, d2) -> (d2, d0, d1)>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-LABEL: @generic_transpose
// CHECK-NEXT: arith.constant dense_resource<weights> : tensor<1x2x3xi8>
// CHECK-NEXT: return
func.func @generic_transpose() -> tensor<1x2x3xi8> {
  %w = arith.constant dense<[[[1, 2]], [[3, 4]], [[5, 6]]]> : tensor<3x1x2xi8>
  %e = tensor.empty() : tensor<1x2x3xi8>
  %t = linalg.generic {indexing_maps = [#t, #id],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%w : tensor<3x1x2xi8>) outs(%e : tensor<1x2x3xi8>) {
    ^bb0(%in: i8, %out: i8):
      linalg.yield %in : i8
  } -> tensor<1x2x3xi8>
  return %t : tensor<1x2x3xi8>
}
// CHECK: weights: "0x40000000010305020406"

// -----

// A chain is folded to one constant; reshapes share the bytes.
// CHECK-LABEL: @reshapes
// CHECK-NEXT: %[[W:.+]] = arith.constant dense_resource<w> : tensor<2x2xf32>
// CHECK-NEXT: return %[[W]]
func.func @reshapes() -> tensor<2x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<1x4xf32>
  %0 = tensor.collapse_shape %w [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
  %1 = tensor.expand_shape %0 [[0, 1]] output_shape [2, 2]
    : tensor<4xf32> into tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
// CHECK: w: "0x400000000000803F000000400000404000008040"
{-#
  dialect_resources: {
    builtin: {
      w: "0x400000000000803F000000400000404000008040"
    }
  }
#-}

// -----

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[CHANNEL:.+]] = affine_map<(d0, d1, d2, d3) -> (d1)>
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#b = affine_map<(d0, d1, d2, d3) -> (0, d1, 0, 0)>
// CHECK-LABEL: @unit_dims_of_bias
// CHECK: %[[B:.+]] = arith.constant dense<{{.*}}> : tensor<2xf32>
// CHECK: indexing_maps = [#[[ID]], #[[CHANNEL]], #[[ID]]]
// CHECK-SAME: ins(%{{.*}}, %[[B]] : tensor<1x2x4x4xf32>, tensor<2xf32>)
func.func @unit_dims_of_bias(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %b = arith.constant dense<[[[[1.0]], [[2.0]]]]> : tensor<1x2x1x1xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #b, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %b : tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>)
      outs(%e : tensor<1x2x4x4xf32>) {
    ^bb0(%in: f32, %bias: f32, %out: f32):
      %1 = arith.addf %in, %bias : f32
      linalg.yield %1 : f32
  } -> tensor<1x2x4x4xf32>
  return %0 : tensor<1x2x4x4xf32>
}

// -----

// CHECK-LABEL: @of_a_variable
// CHECK: linalg.transpose
// CHECK: tensor.collapse_shape
func.func @of_a_variable(%x: tensor<2x3xf32>) -> tensor<6xf32> {
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%x : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>)
    permutation = [1, 0]
  %r = tensor.collapse_shape %t [[0, 1]] : tensor<3x2xf32> into tensor<6xf32>
  return %r : tensor<6xf32>
}
