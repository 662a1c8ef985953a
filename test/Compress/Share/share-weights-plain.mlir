// RUN: nnq-opt %s --share-weights=bits=1 | FileCheck %s

// Nothing of the network is of the dialect before.
// CHECK-LABEL: @net
// CHECK: quant.scast %{{.+}} : tensor<4x2xi8>
// CHECK: linalg.matmul
// CHECK-SAME: nnq.weight_bits = 1
func.func @net(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]]> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
