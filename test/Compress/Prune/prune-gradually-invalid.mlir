// RUN: nnq-opt %s --split-input-file --nnq-prune-gradually --verify-diagnostics

// The same is an error as of nnq-prune-weights.
func.func @many(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  // expected-error @+1 {{layer 'fc' nnq.sparsity asks for 5 zeros of 4 weights}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.sparsity = {pattern = "unstructured", zeros = 5}} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%x : tensor<1x2xf32>) -> tensor<1x2xf32>
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
