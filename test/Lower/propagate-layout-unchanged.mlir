// RUN: nnq-opt %s --nnq-generalize --nnq-propagate-layout --split-input-file | FileCheck %s

// Without a convolution nothing has a reason to move.
// CHECK-LABEL: @matmul
// CHECK-NOT: tensor.{{collapse|expand}}_shape
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-NOT: linalg.generic
func.func @matmul(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %f: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>)
    outs(%f : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// Channels are last already.
// CHECK-LABEL: @nhwc
// CHECK-SAME: %[[X:.+]]: tensor<1x8x8x3xf32>, %[[W:.+]]: tensor<3x3x3x4xf32>
// CHECK-NOT: tensor.{{collapse|expand}}_shape
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[W]] :
// CHECK-NOT: linalg.generic
// CHECK: return %[[Y]]
func.func @nhwc(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x4xf32>) -> tensor<1x6x6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x6x6x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32>
  %0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x8x8x3xf32>, tensor<3x3x3x4xf32>)
    outs(%f : tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32>
  return %0 : tensor<1x6x6x4xf32>
}
