// RUN: nnq-opt %s --split-input-file --nnq-prune-weights=criterion=wanda --verify-diagnostics
// RUN: not nnq-opt %s --nnq-prune-weights=damping=-1 2>&1 | FileCheck %s
// CHECK: error: damping is a share; pass 0 to 1

func.func @no_statistics(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  // expected-error @+1 {{layer 'fc' cannot be pruned as nnq.sparsity asks: there are no statistics of what it multiplies}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.sparsity = {pattern = "unstructured", zeros = 2}} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%x : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @malformed(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  // expected-error @+1 {{layer 'fc' nnq.sparsity has to be {pattern = unstructured, N:M or RxC, zeros = their number}}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.sparsity = 0.5} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%x : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @different(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = linalg.matmul {nnq.layer = "a", nnq.sparsity = {pattern = "unstructured", zeros = 2}} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%x : tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'b' nnq.sparsity is not that of 'a', which has the same weights}}
  %1 = linalg.matmul {nnq.layer = "b"} ins(%0, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%x : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
