// RUN: nnq-opt %s --split-input-file --verify-diagnostics --remarks-filter-missed=nnq-quantize \
// RUN:   --nnq-quantize="weight-bits=4 group-size=32 weight-calibration=minmax compute=int8" --nnq-verify-quantized | FileCheck %s

// A scale for each 32 inputs of a channel.
// CHECK-LABEL: @groups
// CHECK: arith.constant dense_resource<weights_q> : tensor<64x2xi4>
// CHECK: quant.dcast {{.*}}!quant.uniform<i4:f32:{0:32, 1:1}, {{[{][{]}}1.000000e+00, 1.000000e+00}, {1.000000e+00, 1.000000e+00}}>> to
// CHECK: linalg.matmul {{.*}}technique = "quantize-int4-group32", bits_before = 4096, bits_after = 512
// expected-remark @below {{1 of 1 activations}}
module {
func.func @groups(%x: tensor<1x64xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<7.0> : tensor<64x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x64xf32>, tensor<64x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
}

// -----

// Its own format wins.
// CHECK-LABEL: @own
// CHECK: tensor<2x64x!quant.uniform<i4:f32:0, {1.000000e+00,1.000000e+00}>>
// CHECK: technique = "quantize-int4"
// expected-remark @below {{1 of 1 activations}}
module {
func.func @own(%x: tensor<1x64xf32>, %f: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<7.0> : tensor<2x64xf32>
  %0 = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    {nnq.layer = "fc", nnq.weights = #nnq.weight_format<scheme = symmetric, granularity = per_axis, range = full, bits = 4>}
    ins(%x, %w : tensor<1x64xf32>, tensor<2x64xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
}

// -----

// CHECK-LABEL: @rest
// CHECK: tensor<40x2x!quant.uniform<i8<-127:127>:f32:1,
// CHECK: technique = "quantize-int8"
// expected-remark @below {{1 of 1 activations}}
module {
func.func @rest(%x: tensor<1x40xf32>, %f: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<7.0> : tensor<40x2xf32>
  // expected-remark @below {{its 40 inputs do not divide into groups of 32}}
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x40xf32>, tensor<40x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
}

// -----

// CHECK-LABEL: @window
// CHECK: !quant.uniform<i8<-127:127>:f32:0,
// expected-remark @below {{1 of 1 activations}}
module {
func.func @window(%x: tensor<1x32x4x4xf32>, %f: tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32> {
  %w = arith.constant dense<7.0> : tensor<4x32x3x3xf32>
  // expected-remark @below {{groups are of the weights of products of two matrices}}
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv"} ins(%x, %w : tensor<1x32x4x4xf32>, tensor<4x32x3x3xf32>)
    outs(%f : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  return %0 : tensor<1x4x2x2xf32>
}
}

// -----

// CHECK-LABEL: @depthwise
// CHECK: !quant.uniform<i8<-127:127>:f32:0,
// expected-remark @below {{1 of 1 activations}}
module {
func.func @depthwise(%x: tensor<1x4x4x4xf32>, %f: tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32> {
  %w = arith.constant dense<7.0> : tensor<4x3x3xf32>
  // expected-remark @below {{whose channels have all of the input}}
  %0 = linalg.depthwise_conv_2d_nchw_chw {nnq.layer = "conv"} ins(%x, %w : tensor<1x4x4x4xf32>, tensor<4x3x3xf32>)
    outs(%f : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  return %0 : tensor<1x4x2x2xf32>
}
}
