// RUN: nnq-opt %s --split-input-file --nnq-share-weights --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK

// Of neighbouring inputs, (127, -2) and (3, 1) are all that there is. They are no
// numbers of 16 bits that kernels look up.
// CHECK-LABEL: @inputs
// CHECK: quant.scast %{{.+}} : tensor<4x2xi8> to tensor<4x2x!quant.uniform<i8<-127:127>:f32:1, {1.000000e+00,1.000000e+00}>>
// CHECK: linalg.matmul {nnq.layer = "fc", nnq.provenance = #nnq.provenance<layer = "fc", technique = "share-1bit-vector2", bits_before = 256, bits_after = 4>, nnq.weight_vectors = {apart = 1 : i64, bits = 1 : i64, size = 2 : i64}} ins(
// CHECK: shared: "0x400000007F7FFEFE037F01FE"
// REMARK: Layer=fc, Remark="8 weights are of 2 vectors of 2 numbers, SQNR INF dB"
func.func @inputs(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[127.0, 127.0], [-2.0, -2.0], [3.0, 127.0], [1.0, -2.0]]> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1, vector = 2>, nnq.layer = "fc"} ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// Of a convolution, the channels of each tap: (127, -2) and (3, 1) again.
// CHECK-LABEL: @taps
// CHECK: shared: "0x400000007F03037F03FE0101FE01"
// REMARK: Layer=conv, Remark="10 weights are of 2 vectors of 2 numbers, SQNR INF dB"
func.func @taps(%x: tensor<1x2x1x5xf32>, %f: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  %w = arith.constant dense<[[[[127.0, 3.0, 3.0, 127.0, 3.0]], [[-2.0, 1.0, 1.0, -2.0, 1.0]]]]> : tensor<1x2x1x5xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.codebook = #nnq.codebook<bits = 1, vector = 2>, nnq.layer = "conv"}
    ins(%x, %w : tensor<1x2x1x5xf32>, tensor<1x2x1x5xf32>) outs(%f : tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return %0 : tensor<1x1x1x1xf32>
}

// -----

// Of a flattened image, the channels of each pixel, which kernels read one after
// the other: inputs 0 and 2, and 1 and 3.
// CHECK-LABEL: @flattened
// CHECK: linalg.matmul {{.*}}nnq.weight_vectors = {apart = 2 : i64, bits = 1 : i64, size = 2 : i64}}
// CHECK: shared: "0x400000007F03FE01"
// REMARK: Layer=fc, Remark="4 weights are of 2 vectors of 2 numbers, SQNR INF dB"
func.func @flattened(%x: tensor<1x1x1x2xf32>, %f: tensor<1x2x1x2xf32>, %g: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %k = arith.constant dense<1.0> : tensor<2x1x1x1xf32>
  %image = linalg.conv_2d_nchw_fchw ins(%x, %k : tensor<1x1x1x2xf32>, tensor<2x1x1x1xf32>)
    outs(%f : tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32>
  %flat = tensor.collapse_shape %image [[0], [1, 2, 3]] : tensor<1x2x1x2xf32> into tensor<1x4xf32>
  %w = arith.constant dense<[[127.0], [3.0], [-2.0], [1.0]]> : tensor<4x1xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1, vector = 2>, nnq.layer = "fc"} ins(%flat, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%g : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

// Vectors of zeros stay zero, beside what else there is.
// CHECK-LABEL: @zeros
// CHECK: shared: "0x400000007F02000000007F02"
func.func @zeros(%x: tensor<1x8xf32>, %f: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[127.0], [2.0], [0.0], [0.0], [0.0], [0.0], [127.0], [2.0]]> : tensor<8x1xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1, vector = 2>, nnq.layer = "fc"} ins(%x, %w : tensor<1x8xf32>, tensor<8x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
