// RUN: %python %inputs/make_arrays.py %t.npz x=f4:8x1:iota
// RUN: nnq-opt %s --nnq-calibrate="data=%t.npz correlations=.*" --nnq-reconstruct-weights --nnq-remove-channels \
// RUN:   --remarks-filter=nnq -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-run %t.mlir --data=%t.npz --compare=%s --max-diff=0.1 --repeat=0

// Without statistics weights stay as they are.
// RUN: nnq-opt %s --nnq-reconstruct-weights --nnq-remove-channels --remarks-filter=nnq -o %t.plain.mlir 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MISSED
// RUN: not nnq-run %t.plain.mlir --data=%t.npz --compare=%s --max-diff=0.1 --repeat=0
// RUN: not nnq-opt %s --nnq-reconstruct-weights=damping=2 2>&1 | FileCheck %s --check-prefix=DAMPING

// The channel that goes is twice the one that stays.

// CHECK: linalg.matmul {nnq.layer = "fc1"} {{.*}} -> tensor<1x1xf32>
// CHECK: linalg.matmul {nnq.layer = "fc2"} ins(%{{.*}}, %{{.*}} : tensor<1x1xf32>, tensor<1x1xf32>)
// CHECK: nnq.layer = "fc2.bias"
// REMARK: [Passed] nnq-reconstruct-weights
// REMARK-SAME: Layer=fc2
// REMARK-SAME: keeps 100.0 % of the variance of its result
// MISSED: [Missed] nnq-reconstruct-weights
// MISSED-SAME: there is no correlation of what it multiplies
// DAMPING: error: damping is a share; pass 0 to 1

func.func @net(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %w2 = arith.constant dense<[[1.0], [10.0]]> : tensor<2x1xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e1 = tensor.empty() : tensor<1x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc1", nnq.remove_channels = array<i64: 1>} ins(%x, %w1 : tensor<1x1xf32>, tensor<1x2xf32>) outs(%f2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.matmul {nnq.layer = "fc2"} ins(%0, %w2 : tensor<1x2xf32>, tensor<2x1xf32>) outs(%f1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
