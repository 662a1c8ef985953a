// RUN: nnq-opt %s --nnq-propagate-quantization --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-propagate-quantization --nnq-propagate-quantization \
// RUN:   --split-input-file | FileCheck %s

// Zero is exact: the padding is the zero point.
!q = !quant.uniform<u8:f32, 0.5:3>
// CHECK-LABEL: @pad
// CHECK-SAME: (%[[Q:.+]]: tensor<4x!quant.uniform<u8:f32, 5.000000e-01:3>>)
// CHECK-DAG: %[[ZERO:.+]] = arith.constant 3 : i8
// CHECK-DAG: %[[S:.+]] = quant.scast %[[Q]] : {{.+}} to tensor<4xi8>
// CHECK: %[[P:.+]] = tensor.pad %[[S]] low[1] high[1]
// CHECK: tensor.yield %[[ZERO]]
// CHECK: %[[C:.+]] = quant.scast %[[P]] : tensor<6xi8>
// CHECK: %[[D:.+]] = quant.dcast %[[C]]
// CHECK: return %[[D]]
func.func @pad(%q: tensor<4x!q>) -> tensor<6xf32> {
  %zero = arith.constant 0.0 : f32
  %d = quant.dcast %q : tensor<4x!q> to tensor<4xf32>
  %p = tensor.pad %d low[1] high[1] {
    ^bb0(%i: index):
      tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<6xf32>
  return %p : tensor<6xf32>
}

// -----

// 0.3 would be rounded.
!q = !quant.uniform<u8:f32, 0.5:3>
// CHECK-LABEL: @pad_that_rounds
// CHECK: %[[D:.+]] = quant.dcast
// CHECK: tensor.pad %[[D]]
func.func @pad_that_rounds(%q: tensor<4x!q>) -> tensor<6xf32> {
  %c = arith.constant 0.3 : f32
  %d = quant.dcast %q : tensor<4x!q> to tensor<4xf32>
  %p = tensor.pad %d low[1] high[1] {
    ^bb0(%i: index):
      tensor.yield %c : f32
  } : tensor<4xf32> to tensor<6xf32>
  return %p : tensor<6xf32>
}

// -----

// Weights are moved as integers; the dimension of their scales goes with them.
!row = !quant.uniform<i8:f32:0, {0.5, 0.25}>
// CHECK-LABEL: @transposed_weights
// CHECK: %[[T:.+]] = linalg.transpose ins(%{{.+}} : tensor<2x3xi8>)
// CHECK: %[[Q:.+]] = quant.scast %[[T]] : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>
// CHECK: %[[D:.+]] = quant.dcast %[[Q]]
// CHECK: return %[[D]]
func.func @transposed_weights() -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %q = quant.scast %w : tensor<2x3xi8> to tensor<2x3x!row>
  %d = quant.dcast %q : tensor<2x3x!row> to tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%d : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>)
      permutation = [1, 0]
  return %t : tensor<3x2xf32>
}

// -----

// A dimension of scales that is merged with another one stays where it is.
!row = !quant.uniform<i8:f32:0, {0.5, 0.25}>
// CHECK-LABEL: @merged_channels
// CHECK: %[[D:.+]] = quant.dcast
// CHECK: tensor.collapse_shape %[[D]]
func.func @merged_channels() -> tensor<6xf32> {
  %w = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %q = quant.scast %w : tensor<2x3xi8> to tensor<2x3x!row>
  %d = quant.dcast %q : tensor<2x3x!row> to tensor<2x3xf32>
  %c = tensor.collapse_shape %d [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  return %c : tensor<6xf32>
}

// -----

// Parts of one scale make a whole of that scale.
!q = !quant.uniform<u8:f32, 0.5:3>
// CHECK-LABEL: @concat
// CHECK: %[[C:.+]] = tensor.concat dim(0)
// CHECK: %[[Q:.+]] = quant.qcast %[[C]] : tensor<8xf32> to tensor<8x!quant.uniform<u8:f32, 5.000000e-01:3>>
// CHECK: %[[D:.+]] = quant.dcast %[[Q]]
// CHECK: return %[[D]]
func.func @concat(%a: tensor<4x!q>, %b: tensor<4x!q>) -> tensor<8xf32> {
  %x = quant.dcast %a : tensor<4x!q> to tensor<4xf32>
  %y = quant.dcast %b : tensor<4x!q> to tensor<4xf32>
  %c = tensor.concat dim(0) %x, %y : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  return %c : tensor<8xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
!p = !quant.uniform<u8:f32, 0.25:3>
// CHECK-LABEL: @concat_of_two_scales
// CHECK: tensor.concat
// CHECK-NOT: quant.qcast
// CHECK: return
func.func @concat_of_two_scales(%a: tensor<4x!q>, %b: tensor<4x!p>) -> tensor<8xf32> {
  %x = quant.dcast %a : tensor<4x!q> to tensor<4xf32>
  %y = quant.dcast %b : tensor<4x!p> to tensor<4xf32>
  %c = tensor.concat dim(0) %x, %y : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  return %c : tensor<8xf32>
}
