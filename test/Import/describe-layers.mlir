// RUN: nnq-opt %s --nnq-describe-layers | FileCheck %s
// RUN: nnq-opt %s --nnq-describe-layers --nnq-describe-layers | FileCheck %s

// Sums of several products of one layer add up; the kind is that of a product.
// CHECK: nnq.layers = {
// CHECK-SAME: bias = {kind = "add"}
// CHECK-SAME: conv = {factors = 162 : i64, kind = "conv", macs = 2592 : i64, type = f32, weights = 648 : i64}
// CHECK-SAME: dw = {factors = 18 : i64, kind = "depthwise", macs = 288 : i64, type = f32, weights = 72 : i64}
// A constant that a layer reads twice counts once, with its zeros, one of which has a sign.
// CHECK-SAME: fc = {factors = 16 : i64, kind = "linear", macs = 32 : i64, type = f32, weights = 64 : i64, zeros = 3 : i64}
// What is known keeps its count; its type and its weights are read again.
// CHECK-SAME: known = {factors = 16 : i64, kind = "linear", macs = 5 : i64, type = i8, weights = 16 : i64, zeros = 4 : i64}
// CHECK-SAME: product = {kind = "matmul", macs = 16 : i64, type = f32}
module attributes {nnq.layers = {known = {factors = 9 : i64, kind = "linear", macs = 5 : i64, type = f32, weights = 64 : i64, zeros = 9 : i64}}} {
func.func @f(%x: tensor<1x6x6x2xf32>, %v: tensor<1x4xf32>, %m: tensor<4x4xf32>, %q: tensor<1x4xi8>) -> (
    tensor<1x4x4x9xf32>, tensor<1x4x4x2xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xi32>, tensor<1x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<3x3x2x9xf32>
  %d = arith.constant dense<1.0> : tensor<3x3x2xf32>
  %l = arith.constant dense<[[1.0, 0.0, 1.0, 1.0], [1.0, 1.0, -0.0, 1.0], [1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]>
    : tensor<4x4xf32>
  %c = arith.constant dense<[[0, 0, 0, 0], [1, 2, 3, 4], [-1, -2, -3, -4], [5, 6, 7, 8]]> : tensor<4x4xi8>
  %i1 = arith.constant dense<0.0> : tensor<1x4x4x9xf32>
  %i2 = arith.constant dense<0.0> : tensor<1x4x4x2xf32>
  %i3 = arith.constant dense<0.0> : tensor<1x4xf32>
  %i4 = arith.constant dense<0> : tensor<1x4xi32>
  %0 = linalg.conv_2d_nhwc_hwcf {nnq.layer = "conv"} ins(%x, %w : tensor<1x6x6x2xf32>, tensor<3x3x2x9xf32>)
    outs(%i1 : tensor<1x4x4x9xf32>) -> tensor<1x4x4x9xf32>
  %1 = linalg.depthwise_conv_2d_nhwc_hwc {nnq.layer = "dw"} ins(%x, %d : tensor<1x6x6x2xf32>, tensor<3x3x2xf32>)
    outs(%i2 : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = linalg.matmul {nnq.layer = "fc"} ins(%v, %l : tensor<1x4xf32>, tensor<4x4xf32>)
    outs(%i3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = linalg.matmul {nnq.layer = "fc"} ins(%2, %l : tensor<1x4xf32>, tensor<4x4xf32>)
    outs(%i3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %4 = linalg.matmul {nnq.layer = "product"} ins(%v, %m : tensor<1x4xf32>, tensor<4x4xf32>)
    outs(%i3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %5 = linalg.add {nnq.layer = "bias"} ins(%3, %4 : tensor<1x4xf32>, tensor<1x4xf32>)
    outs(%i3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %6 = linalg.matmul {nnq.layer = "known"} ins(%q, %c : tensor<1x4xi8>, tensor<4x4xi8>)
    outs(%i4 : tensor<1x4xi32>) -> tensor<1x4xi32>
  // Without a name there is nothing to describe.
  %7 = linalg.sub ins(%3, %4 : tensor<1x4xf32>, tensor<1x4xf32>)
    outs(%i3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0, %1, %5, %4, %6, %7 : tensor<1x4x4x9xf32>, tensor<1x4x4x2xf32>, tensor<1x4xf32>, tensor<1x4xf32>,
    tensor<1x4xi32>, tensor<1x4xf32>
}
}
