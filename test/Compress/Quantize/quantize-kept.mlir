// RUN: nnq-opt %s --nnq-quantize --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-quantize --split-input-file --remarks-filter=nnq-quantize \
// RUN:   2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// REMARK: remark: [Missed] QuantizeInt8 | Category:nnq-quantize
// REMARK-SAME: Reason="there are no statistics of both activations"
// REMARK-SAME: layer 'attention' stays in f32
// CHECK-LABEL: @two_variables
// CHECK-NOT: quant.
// CHECK: linalg.matmul {nnq.keep_f32 = "there are no statistics of both activations"
func.func @two_variables(%x: tensor<4x3xf32>, %y: tensor<3x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul {nnq.layer = "attention"} ins(%x, %y : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// REMARK: Reason="its operands are not f32"
// REMARK-SAME: layer 'half' stays in f32
// CHECK-LABEL: @half
// CHECK: linalg.matmul {nnq.keep_f32 = "its operands are not f32"
func.func @half(%x: tensor<4x3xf16>) -> tensor<4x2xf16> {
  %w = arith.constant dense<0.5> : tensor<3x2xf16>
  %zero = arith.constant 0.0 : f16
  %e = tensor.empty() : tensor<4x2xf16>
  %f = linalg.fill ins(%zero : f16) outs(%e : tensor<4x2xf16>) -> tensor<4x2xf16>
  %0 = linalg.matmul {nnq.layer = "half"} ins(%x, %w : tensor<4x3xf16>, tensor<3x2xf16>)
    outs(%f : tensor<4x2xf16>) -> tensor<4x2xf16>
  return %0 : tensor<4x2xf16>
}

// -----

// The wish of a user stays as it is.
// CHECK-LABEL: @by_hand
// CHECK-NOT: quant.
// CHECK: linalg.matmul {nnq.keep_f32 = "sensitive"}
func.func @by_hand(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<0.5> : tensor<3x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul {nnq.keep_f32 = "sensitive"} ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// REMARK: remark: [Passed] QuantizeInt8 | Category:nnq-quantize
// REMARK-SAME: layer 'fc' is quantized to int8
// REMARK-DAG: bits_before=192
// REMARK-DAG: bits_after=48
func.func @quantized(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<0.5> : tensor<3x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
