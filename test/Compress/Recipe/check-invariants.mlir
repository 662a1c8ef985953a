// RUN: nnq-opt %s --nnq-check-invariants | FileCheck %s --check-prefix=FIRST
// RUN: nnq-opt %s --nnq-check-invariants --prune-weights="ratio=0.5" --nnq-check-invariants=step=prune-weights | FileCheck %s
// RUN: nnq-opt %s --nnq-check-invariants --prune-weights="ratio=0.5" --nnq-check-invariants="step=prune-weights last=true" | FileCheck %s --check-prefix=LAST

// FIRST: nnq.invariants = [{layer = "fc1", nonzero = 8 : i64, sizes = array<i64: 2, 4>, step = "", values = 8 : i64, zeros = array<i8>}, {layer = "fc2", nonzero = 7 : i64, sizes = array<i64: 4, 2>, step = "", values = 3 : i64, zeros = array<i8: 32>}]
// CHECK: nnq.invariants = [{layer = "fc1", nonzero = 4 : i64, sizes = array<i64: 2, 4>, step = "prune-weights", values = 5 : i64, zeros = array<i8: 15>}, {layer = "fc2", nonzero = 4 : i64,{{.*}} step = "prune-weights",
// LAST-NOT: nnq.invariants
// LAST: linalg.matmul
func.func @net(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %w = arith.constant dense<[[1.0, 2.0], [1.0, 2.0], [1.0, 0.0], [1.0, 2.0]]> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %v : tensor<1x2xf32>, tensor<2x4xf32>) outs(%i : tensor<1x4xf32>) -> tensor<1x4xf32>
  %f = tensor.empty() : tensor<1x2xf32>
  %j = linalg.fill ins(%zero : f32) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.matmul {nnq.layer = "fc2"} ins(%0, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%j : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
