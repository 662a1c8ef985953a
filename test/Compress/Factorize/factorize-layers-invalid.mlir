// RUN: nnq-opt %s --split-input-file --verify-diagnostics --nnq-factorize-layers

func.func @malformed(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<4x3xf32>
  %e = tensor.empty() : tensor<1x3xf32>
  // expected-error @below {{of layer 'fc' nnq.factorize has to be {method = "svd", ranks = array<i64: 8>}, or another method}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "lu", ranks = array<i64: 1>}} ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @rank(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<4x3xf32>
  %e = tensor.empty() : tensor<1x3xf32>
  // expected-error @below {{cannot be factorized as nnq.factorize asks: a rank lies between 1 and 3, unlike 0}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "svd", ranks = array<i64: 0>}} ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @ranks(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<4x3xf32>
  %e = tensor.empty() : tensor<1x3xf32>
  // expected-error @below {{asks: it takes 1 ranks, not 2}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "svd", ranks = array<i64: 1, 1>}} ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @no_window(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<1.0> : tensor<4x3xf32>
  %e = tensor.empty() : tensor<1x3xf32>
  // expected-error @below {{asks: it has no window, which tucker is about; svd fits}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "tucker", ranks = array<i64: 1, 1>}} ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @computed(%x: tensor<1x4xf32>, %w: tensor<4x3xf32>) -> tensor<1x3xf32> {
  %e = tensor.empty() : tensor<1x3xf32>
  // expected-error @below {{asks: it has no weights that are constant}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "svd", ranks = array<i64: 1>}} ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}

// -----

func.func @not_finite(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 0x7FC00000], [1.0, 1.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  // expected-error @below {{of layer 'fc' has weights that are not finite numbers}}
  %0 = linalg.matmul {nnq.layer = "fc", nnq.factorize = {method = "svd", ranks = array<i64: 1>}} ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
