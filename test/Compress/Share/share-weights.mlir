// RUN: nnq-opt %s --split-input-file --nnq-share-weights --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --split-input-file --nnq-share-weights -o %t.once.mlir
// RUN: nnq-opt %t.once.mlir --split-input-file --nnq-share-weights | diff %t.once.mlir -

// Rows are scales times the two integers.
// CHECK-LABEL: @one_bit
// CHECK: %[[C:.+]] = arith.constant dense_resource<shared> : tensor<4x2xi8>
// CHECK: %[[Q:.+]] = quant.scast %[[C]] : tensor<4x2xi8> to tensor<4x2x!quant.uniform<i8<-16:16>:f32:1, {6.250000e-02,1.250000e-01}>>
// CHECK: %[[W:.+]] = quant.dcast %[[Q]]
// CHECK: linalg.matmul {nnq.layer = "fc", nnq.provenance = #nnq.provenance<layer = "fc", technique = "share-1bit", bits_before = 256, bits_after = 8>, nnq.weight_bits = 1 : i64} ins(%{{.+}}, %[[W]] :
// CHECK: shared: "0x4000000010F0F01010F010F0"
// REMARK: [Passed] nnq-share-weights | Category:nnq | Layer=fc, Remark="8 weights are of 2 numbers, SQNR INF dB"
func.func @one_bit(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, -2.0], [-1.0, 2.0], [1.0, -2.0], [1.0, -2.0]]> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1>, nnq.layer = "fc"} ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// What was pruned stays so: the other number stands for all that is left.
// CHECK-LABEL: @zeros_stay
// CHECK: !quant.uniform<i8<-16:16>:f32:1, {1.250000e-01}>
// CHECK: shared: "0x4000000010001010"
func.func @zeros_stay(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[2.0], [0.0], [2.0], [2.0]]> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1>, nnq.layer = "fc"} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

// Channels have codebooks of their own: what both share would not be exact.
// CHECK-LABEL: @channels
// CHECK: !quant.uniform<i8<-16:16>:f32:1, {6.250000e-02,6.250000e-02}>
// CHECK: shared: "0x4000000010100810F0100810"
// REMARK: Layer=fc, Remark="8 weights are of 4 numbers, SQNR INF dB"
func.func @channels(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, 1.0], [0.5, 1.0], [-1.0, 1.0], [0.5, 1.0]]> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 2, channels = 1>, nnq.layer = "fc"} ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// Quantized weights are taken from a codebook, too, and layers of one constant
// from one.
// CHECK-LABEL: @quantized
// CHECK: %[[W:.+]] = quant.dcast %{{.+}} : tensor<4x1x!quant.uniform<i8<-16:16>:f32:1, {6.250000e-02}>> to tensor<4x1xf32>
// CHECK: linalg.matmul {{{.*}}nnq.weight_bits = 1 : i64} ins(%{{.+}}, %[[W]] :
// CHECK: linalg.matmul {{{.*}}nnq.weight_bits = 1 : i64} ins(%{{.+}}, %[[W]] :
// CHECK: shared: "0x4000000010F01010"
!q = !quant.uniform<i8<-127:127>:f32, 0.25>
func.func @quantized(%x: tensor<1x4xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %zero = arith.constant 0.0 : f32
  %c = arith.constant dense<[[4], [-4], [4], [4]]> : tensor<4x1xi8>
  %q = quant.scast %c : tensor<4x1xi8> to tensor<4x1x!q>
  %w = quant.dcast %q : tensor<4x1x!q> to tensor<4x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1>, nnq.layer = "a"} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1>, nnq.layer = "b"} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0, %1 : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

// The error of what is multiplied by much counts more.
// CHECK-LABEL: @weighed
// CHECK-NOT: nnq.input_stats
// CHECK: shared: "0x400000000E0E0606"
// REMARK: Layer=fc, Remark="4 weights are of 2 numbers, SQNR
func.func @weighed(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0], [0.9], [0.5], [0.4]]> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1>, nnq.layer = "fc", nnq.input_stats = #nnq.input_stats<
      min = dense<0.0> : tensor<1x4xf32>, max = dense<9.0> : tensor<1x4xf32>, mean = dense<1.0> : tensor<1x4xf32>,
      second_moment = dense<[[0.001, 0.001, 0.001, 50.0]]> : tensor<1x4xf32>, count = 8, output_mean = dense<1.0> : tensor<1xf32>>}
      ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
