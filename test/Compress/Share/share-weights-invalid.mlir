// RUN: nnq-opt %s --split-input-file --nnq-share-weights --verify-diagnostics
// RUN: not nnq-opt %s --split-input-file --nnq-share-weights=damping=2 2>&1 | FileCheck %s

// CHECK: error: damping is a share; pass 0 to 1
func.func @not_finite(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0], [0x7FC00000], [2.0], [3.0]]> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-error @+1 {{'linalg.matmul' op of layer 'fc' has weights that are not finite numbers}}
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1>, nnq.layer = "fc"} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

func.func @two_requests(%x: tensor<1x4xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<1.0> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1>, nnq.layer = "a"} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-error @+1 {{'linalg.matmul' op of layer 'b' nnq.codebook is not that of 'a', which has the same weights}}
  %1 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 2>, nnq.layer = "b"} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0, %1 : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

func.func @not_constant(%x: tensor<1x4xf32>, %w: tensor<4x1xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %c = arith.constant dense<1.0> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-error @+1 {{codebooks are of 1 to 8 bits, not 9}}
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 9>, nnq.layer = "fc"} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

func.func @odd(%x: tensor<1x3xf32>, %f: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[127.0], [2.0], [1.0]]> : tensor<3x1xf32>
  // expected-error @+1 {{'linalg.matmul' op of layer 'odd' cannot share weights as nnq.codebook asks: its 3 input channels are no vectors of 2}}
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1, vector = 2>, nnq.layer = "odd"} ins(%x, %w : tensor<1x3xf32>, tensor<3x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

func.func @pruned(%x: tensor<1x4xf32>, %f: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[127.0], [2.0], [1.0], [0.0]]> : tensor<4x1xf32>
  // expected-error @+1 {{'linalg.matmul' op of layer 'pruned' cannot share weights as nnq.codebook asks: some weights of a vector are zero and others are not; pass zeros=false, or prune blocks}}
  %0 = linalg.matmul {nnq.codebook = #nnq.codebook<bits = 1, vector = 2>, nnq.layer = "pruned"} ins(%x, %w : tensor<1x4xf32>, tensor<4x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
