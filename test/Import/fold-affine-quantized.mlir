// RUN: nnq-opt %s --nnq-fold-affine --split-input-file | FileCheck %s

// The scale goes to the scales of the weights, their integers stay.
!w = !quant.uniform<i8:f32:0, {0.5, 0.25}>
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#channel = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: @scales
// CHECK: %[[W:.+]] = arith.constant dense<{{.+}}> : tensor<2x1x1x1xi8>
// CHECK: %[[Q:.+]] = quant.scast %[[W]] : {{.+}} to tensor<2x1x1x1x!quant.uniform<i8:f32:0, {1.000000e+00,7.500000e-01}>>
// CHECK: %[[D:.+]] = quant.dcast %[[Q]]
// CHECK: %[[Y:.+]] = linalg.conv_2d_nchw_fchw ins(%{{.+}}, %[[D]]
// CHECK: return %[[Y]]
func.func @scales(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %i = arith.constant dense<[[[[3]]], [[[-4]]]]> : tensor<2x1x1x1xi8>
  %q = quant.scast %i : tensor<2x1x1x1xi8> to tensor<2x1x1x1x!w>
  %w = quant.dcast %q : tensor<2x1x1x1x!w> to tensor<2x1x1x1xf32>
  %gamma = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw
      ins(%x, %w : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>)
      outs(%zero : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %gamma : tensor<1x2x4x4xf32>, tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.mulf %in, %c : f32
      linalg.yield %r : f32
  } -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// -----

// A negative scale is none of a quantized type.
!w = !quant.uniform<i8:f32:0, {0.5, 0.25}>
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#channel = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: @negative
// CHECK: linalg.conv_2d_nchw_fchw
// CHECK: arith.mulf
func.func @negative(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %i = arith.constant dense<[[[[3]]], [[[-4]]]]> : tensor<2x1x1x1xi8>
  %q = quant.scast %i : tensor<2x1x1x1xi8> to tensor<2x1x1x1x!w>
  %w = quant.dcast %q : tensor<2x1x1x1x!w> to tensor<2x1x1x1xf32>
  %gamma = arith.constant dense<[2.0, -3.0]> : tensor<2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw
      ins(%x, %w : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>)
      outs(%zero : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %gamma : tensor<1x2x4x4xf32>, tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) {
    ^bb0(%in: f32, %c: f32, %out: f32):
      %r = arith.mulf %in, %c : f32
      linalg.yield %r : f32
  } -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}
