// RUN: nnq-opt %s --nnq-raise-codebooks --split-input-file --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK

// All weights are three numbers.
// CHECK-LABEL: @few
// CHECK: linalg.matmul {nnq.layer = "fc", nnq.weight_bits = 2 : i64}
// REMARK: [Passed] nnq-raise-codebooks | Category:nnq | Layer=fc{{.*}}16 weights are of 3 numbers
func.func @few(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %c = arith.constant dense<[[7, -7, 0, 7], [0, 0, 0, 7], [7, 0, -7, 0], [0, 0, 7, 7]]> : tensor<4x4xi8>
  %q = quant.scast %c : tensor<4x4xi8> to tensor<4x4x!quant.uniform<i8:f32:1, {0.5,0.25,1.0,2.0}>>
  %w = quant.dcast %q : tensor<4x4x!quant.uniform<i8:f32:1, {0.5,0.25,1.0,2.0}>> to tensor<4x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %z = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>)
      outs(%z : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// What is known already stays.
// CHECK-LABEL: @known
// CHECK: linalg.matmul {nnq.weight_bits = 6 : i64}
func.func @known(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %c = arith.constant dense<5> : tensor<4x4xi8>
  %q = quant.scast %c : tensor<4x4xi8> to tensor<4x4x!quant.uniform<i8:f32, 0.5>>
  %w = quant.dcast %q : tensor<4x4x!quant.uniform<i8:f32, 0.5>> to tensor<4x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %z = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.weight_bits = 6 : i64} ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>)
      outs(%z : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// Five numbers of sixteen weights may be chance.
// CHECK-LABEL: @chance
// CHECK: linalg.matmul ins
func.func @chance(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %c = arith.constant dense<[[7, -7, 0, 7], [0, 1, 0, 7], [7, 0, 2, 0], [0, 0, 7, 7]]> : tensor<4x4xi8>
  %q = quant.scast %c : tensor<4x4xi8> to tensor<4x4x!quant.uniform<i8:f32, 0.5>>
  %w = quant.dcast %q : tensor<4x4x!quant.uniform<i8:f32, 0.5>> to tensor<4x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %z = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>)
      outs(%z : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// With zero points, zero is no number of a table.
// CHECK-LABEL: @zero_point
// CHECK: linalg.matmul ins
func.func @zero_point(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %c = arith.constant dense<5> : tensor<4x4xi8>
  %q = quant.scast %c : tensor<4x4xi8> to tensor<4x4x!quant.uniform<i8:f32, 0.5:3>>
  %w = quant.dcast %q : tensor<4x4x!quant.uniform<i8:f32, 0.5:3>> to tensor<4x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %z = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>)
      outs(%z : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
