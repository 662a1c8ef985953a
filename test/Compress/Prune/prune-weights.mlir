// RUN: nnq-opt %s --split-input-file --nnq-prune-weights --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --split-input-file --nnq-prune-weights -o %t.once.mlir
// RUN: nnq-opt %t.once.mlir --split-input-file --nnq-prune-weights | diff %t.once.mlir -

// The least two go.
// CHECK-LABEL: @unstructured
// CHECK: linalg.matmul {nnq.layer = "fc"} ins(%{{.*}}, %[[W:.*]] :
// CHECK: pruned: "0x400000000000803F00000000000000C000000000"
// REMARK: [Passed] nnq-prune-weights | Category:nnq | Layer=fc, Remark="2 of 4 weights are zero (50.0 %), 0 of them were so"
func.func @unstructured(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0], [0.1], [-2.0], [-0.2]]> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc", nnq.sparsity = {pattern = "unstructured", zeros = 2}} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

// Input channels lie behind each other for each tap: of 1, 3 and 5, 7 at the
// first tap, of 2, 4 at the second.
// CHECK-LABEL: @n_of_m_at_taps
// CHECK: pruned: "0x4000000000000000000000400000404000000000"
func.func @n_of_m_at_taps(%x: tensor<1x2x4xf32>) -> tensor<1x1x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[1.0, 2.0], [3.0, 1.5]]]> : tensor<1x2x2xf32>
  %e = tensor.empty() : tensor<1x1x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  %0 = linalg.conv_1d_ncw_fcw {nnq.layer = "conv", nnq.sparsity = {pattern = "1:2", zeros = 2}} ins(%x, %w : tensor<1x2x4xf32>, tensor<1x2x2xf32>) outs(%f : tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  return %0 : tensor<1x1x3xf32>
}

// -----

// Columns of [out] x [in]: the block of both outputs at input 0 has the smaller
// norm, though it has the largest magnitude but one.
// CHECK-LABEL: @blocks
// CHECK: pruned: "0x4000000000000000000000000000803F00004040"
func.func @blocks(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[2.0, 0.5], [1.0, 3.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc", nnq.sparsity = {pattern = "2x1", zeros = 2}} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// Zeros that are there count, also where they are more than asked for.
// CHECK-LABEL: @zeros_stay
// CHECK: pruned: "0x400000000000000000000000000000400000803F"
// REMARK: Remark="2 of 4 weights are zero (50.0 %), 2 of them were so"
func.func @zeros_stay(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[0.0], [0.0], [2.0], [1.0]]> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc", nnq.sparsity = {pattern = "unstructured", zeros = 1}} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
