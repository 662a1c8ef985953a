// RUN: nnq-opt %s --nnq-fold-affine --split-input-file \
// RUN:   --remarks-filter-passed=nnq --verify-diagnostics | FileCheck %s
// RUN: nnq-opt %s --nnq-fold-affine --nnq-fold-affine --split-input-file \
// RUN:   | FileCheck %s

// Batch normalization behind a bias: ((y + b) - mean) * gamma + beta with
// gamma (2, 4) and (b - mean) * gamma + beta = (-1, 3).
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#channel = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[CHANNEL:.+]] = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: @batch_norm
// CHECK: %[[CONV:.+]] = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"} ins(%{{.+}}, %[[W:.+]] :
// CHECK: %[[SUM:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[CHANNEL]], #[[ID]]]
// CHECK-SAME: ins(%[[CONV]], %{{.+}} : tensor<1x2x4x4xf32>, tensor<2xf32>)
// CHECK-SAME: nnq.layer = "conv1.bias"
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.addf
// CHECK-NEXT: linalg.yield
// CHECK-NOT: linalg.generic
// CHECK: return %[[SUM]]
func.func @batch_norm(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arith.constant dense<[[[[1.0]]], [[[3.0]]]]> : tensor<2x1x1x1xf32>
  %b = arith.constant dense<[1.0, 1.0]> : tensor<2xf32>
  %mean = arith.constant dense<[2.0, 0.5]> : tensor<2xf32>
  %gamma = arith.constant dense<[2.0, 4.0]> : tensor<2xf32>
  %beta = arith.constant 1.0 : f32
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // expected-remark @below {{scale folded into the weights}}
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"}
      ins(%x, %w : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>)
      outs(%zero : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %b : tensor<1x2x4x4xf32>, tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.addf %in, %c : f32
      linalg.yield %r : f32
  } -> tensor<1x2x4x4xf32>
  %2 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%1, %mean : tensor<1x2x4x4xf32>, tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.subf %in, %c : f32
      linalg.yield %r : f32
  } -> tensor<1x2x4x4xf32>
  %3 = linalg.generic {indexing_maps = [#channel, #id, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%gamma, %2 : tensor<2xf32>, tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) {
    ^bb0(%c: f32, %in: f32, %out: f32):
      %r = arith.mulf %c, %in : f32
      %s = arith.addf %r, %beta : f32
      linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  return %3 : tensor<1x2x4x4xf32>
}
// Weights 2, 12 and bias -1, 3.
// CHECK-DAG: bias: "0x40000000000080BF00004040"
// CHECK-DAG: scaled: "0x400000000000004000004041"

// -----

// A scale without an offset leaves nothing behind; a division is a scale.
#id = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @matmul
// CHECK: %[[MM:.+]] = linalg.matmul
// CHECK-NOT: linalg.generic
// CHECK: return %[[MM]]
func.func @matmul(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[4.0, 3.0]]> : tensor<1x2xf32>
  %s = arith.constant dense<[2.0, -0.5]> : tensor<2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  // expected-remark @below {{scale folded into the weights}}
  %0 = linalg.matmul ins(%x, %w : tensor<3x1xf32>, tensor<1x2xf32>)
      outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #column, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0, %s : tensor<3x2xf32>, tensor<2xf32>) outs(%e : tensor<3x2xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %n = arith.negf %in : f32
      %r = arith.divf %n, %c : f32
      linalg.yield %r : f32
  } -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}
// CHECK: scaled: "0x40000000000000C00000C040"

// -----

// Depthwise: the channel is in the input as well.
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#channel = affine_map<(d0, d1, d2, d3) -> (d1, 0, 0)>
// CHECK-LABEL: @depthwise
// CHECK: %[[DW:.+]] = linalg.depthwise_conv_2d_nchw_chw
// CHECK-NOT: linalg.generic
// CHECK: return %[[DW]]
func.func @depthwise(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arith.constant dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32>
  %s = arith.constant dense<[[[2.0]], [[4.0]]]> : tensor<2x1x1xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // expected-remark @below {{scale folded into the weights}}
  %0 = linalg.depthwise_conv_2d_nchw_chw
      ins(%x, %w : tensor<1x2x4x4xf32>, tensor<2x1x1xf32>)
      outs(%zero : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %s : tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) outs(%e : tensor<1x2x4x4xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.mulf %in, %c : f32
      linalg.yield %r : f32
  } -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}
// CHECK: scaled: "0x400000000000004000000041"

// -----

// Groups: the channels are two dimensions until they are collapsed.
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#channel = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: @groups
// CHECK: %[[CONV:.+]] = linalg.conv_2d_ngchw_gfchw
// CHECK: %[[C:.+]] = tensor.collapse_shape %[[CONV]]
// CHECK: %[[SUM:.+]] = linalg.generic
// CHECK-SAME: ins(%[[C]], %{{.+}} : tensor<1x4x4x4xf32>, tensor<4xf32>)
// CHECK: arith.addf
// CHECK: return %[[SUM]]
func.func @groups(%x: tensor<1x2x1x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2x1x1x1xf32>
  %s = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x2x4x4xf32>
  %f = tensor.empty() : tensor<1x4x4x4xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x2x2x4x4xf32>) -> tensor<1x2x2x4x4xf32>
  // expected-remark @below {{scale folded into the weights}}
  %0 = linalg.conv_2d_ngchw_gfchw
      ins(%x, %w : tensor<1x2x1x4x4xf32>, tensor<2x2x1x1x1xf32>)
      outs(%zero : tensor<1x2x2x4x4xf32>) -> tensor<1x2x2x4x4xf32>
  %1 = tensor.collapse_shape %0 [[0], [1, 2], [3], [4]]
      : tensor<1x2x2x4x4xf32> into tensor<1x4x4x4xf32>
  %2 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%1, %s : tensor<1x4x4x4xf32>, tensor<4xf32>) outs(%f : tensor<1x4x4x4xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.mulf %in, %c : f32
      %q = arith.subf %r, %c : f32
      linalg.yield %q : f32
  } -> tensor<1x4x4x4xf32>
  return %2 : tensor<1x4x4x4xf32>
}
// CHECK-DAG: bias: "0x40000000000080BF000000C0000040C0000080C0"
// CHECK-DAG: scaled: "0x400000000000803F000000400000404000008040"
