// RUN: nnq-opt %s --split-input-file --nnq-lower-tosa | FileCheck %s

// CHECK-LABEL: func.func @numbers
// CHECK-NOT:     tosa.
// CHECK:         tensor.pad
// CHECK:         linalg.conv_2d_nhwc_fhwc
// CHECK:         linalg.pooling_nhwc_max
// CHECK:         tensor.collapse_shape
// CHECK-NOT:     tosa.
func.func @numbers(%x: tensor<1x8x8x3xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) -> tensor<1x64xf32> {
  %z = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %0 = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
      : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x4xf32>
  %1 = tosa.max_pool2d %0 {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
  %shape = tosa.const_shape {values = dense<[1, 64]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %2 = tosa.reshape %1, %shape : (tensor<1x4x4x4xf32>, !tosa.shape<2>) -> tensor<1x64xf32>
  return %2 : tensor<1x64xf32>
}

// -----

// Casts are not folded, and what has no conversion is left over.
// CHECK-LABEL: func.func @casts
// CHECK:         quant.qcast
// CHECK:         quant.dcast
// CHECK:         tosa.custom
// CHECK:         linalg.generic
func.func @casts(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = quant.qcast %x : tensor<1x8xf32> to tensor<1x8x!quant.uniform<i8:f32, 0.5>>
  %1 = quant.dcast %0 : tensor<1x8x!quant.uniform<i8:f32, 0.5>> to tensor<1x8xf32>
  %2 = tosa.custom %1 {operator_name = "o", domain_name = "d", implementation_attrs = ""} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %3 = tosa.exp %2 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %3 : tensor<1x8xf32>
}
