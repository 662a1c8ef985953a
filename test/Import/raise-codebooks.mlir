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

// Of the channels of each tap there are nine pairs, whose numbers are more than
// kernels look up.
// CHECK-LABEL: @pairs
// CHECK: linalg.conv_2d_nchw_fchw {nnq.layer = "conv", nnq.weight_vectors = {apart = 1 : i64, bits = 4 : i64, size = 2 : i64}}
// REMARK: Layer=conv{{.*}}72 weights are of 9 vectors of 2
func.func @pairs(%x: tensor<1x8x3x3xf32>, %f: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  %c = arith.constant dense<
     [[[[-60, -32, -4], [-39, -11, -46], [-18, -53, -25]],
      [[11, 31, 51], [26, 46, 21], [41, 16, 36]],
      [[-53, -25, -60], [-32, -4, -39], [-11, -46, -18]],
      [[16, 36, 11], [31, 51, 26], [46, 21, 41]],
      [[-46, -18, -53], [-25, -60, -32], [-4, -39, -11]],
      [[21, 41, 16], [36, 11, 31], [51, 26, 46]],
      [[-39, -11, -46], [-18, -53, -25], [-60, -32, -4]],
      [[26, 46, 21], [41, 16, 36], [11, 31, 51]]]]> : tensor<1x8x3x3xi8>
  %q = quant.scast %c : tensor<1x8x3x3xi8> to tensor<1x8x3x3x!quant.uniform<i8<-127:127>:f32, 0.5>>
  %w = quant.dcast %q : tensor<1x8x3x3x!quant.uniform<i8<-127:127>:f32, 0.5>> to tensor<1x8x3x3xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv"} ins(%x, %w : tensor<1x8x3x3xf32>, tensor<1x8x3x3xf32>)
      outs(%f : tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return %0 : tensor<1x1x1x1xf32>
}

// -----

// The channels of a pixel, of an image that was flattened, are apart.
// CHECK-LABEL: @pixels
// CHECK: linalg.matmul {nnq.layer = "fc", nnq.weight_vectors = {apart = 9 : i64, bits = 4 : i64, size = 2 : i64}}
// REMARK: Layer=fc{{.*}}72 weights are of 9 vectors of 2
func.func @pixels(%x: tensor<1x1x1x9xf32>, %f: tensor<1x4x1x9xf32>, %g: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %k = arith.constant dense<1.0> : tensor<4x1x1x1xf32>
  %image = linalg.conv_2d_nchw_fchw ins(%x, %k : tensor<1x1x1x9xf32>, tensor<4x1x1x1xf32>)
      outs(%f : tensor<1x4x1x9xf32>) -> tensor<1x4x1x9xf32>
  %flat = tensor.collapse_shape %image [[0], [1, 2, 3]] : tensor<1x4x1x9xf32> into tensor<1x36xf32>
  %c = arith.constant dense<
     [[-60, -60], [-46, -46], [-32, -32], [-18, -18], [-4, -4], [-53, -53],
      [-39, -39], [-25, -25], [-11, -11], [11, 11], [21, 21], [31, 31],
      [41, 41], [51, 51], [16, 16], [26, 26], [36, 36], [46, 46],
      [-53, -53], [-39, -39], [-25, -25], [-11, -11], [-60, -60], [-46, -46],
      [-32, -32], [-18, -18], [-4, -4], [16, 16], [26, 26], [36, 36],
      [46, 46], [11, 11], [21, 21], [31, 31], [41, 41], [51, 51]]> : tensor<36x2xi8>
  %q = quant.scast %c : tensor<36x2xi8> to tensor<36x2x!quant.uniform<i8<-127:127>:f32, 0.5>>
  %w = quant.dcast %q : tensor<36x2x!quant.uniform<i8<-127:127>:f32, 0.5>> to tensor<36x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%flat, %w : tensor<1x36xf32>, tensor<36x2xf32>)
      outs(%g : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
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
