// RUN: %python %inputs/make_arrays.py %t.npz x=f4:4x3:iota
// RUN: nnq-opt %s --factorize="data=%t.npz rank=1 round-to=1 objective=none accuracy-drop=0" --remarks-filter="nnq.*" -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=LADDER
// RUN: nnq-opt %s --factorize="data=%t.npz rank=1 round-to=1 objective=none accuracy-drop=100" | FileCheck %s --check-prefix=ENOUGH
// RUN: not nnq-opt %s --factorize="rank=1 round-to=1 objective=none accuracy-drop=1" 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not nnq-opt %s --factorize="data=%t.npz rank=1 round-to=1 objective=none accuracy-drop=1 labels=z" 2>&1 | FileCheck %s --check-prefix=LABELS

// DATA: error: cannot limit the drop: no data given; pass data=FILE
// LABELS: error: cannot limit the drop: {{.*}}array 'z': there is none

// fc1 has rank 1. Of fc2 that leaves one row, whose number is then the largest
// in all samples, not in the first two alone.
// CHECK: nnq.layer = "fc1.0"
// CHECK: nnq.layer = "fc1.1"
// CHECK: linalg.matmul {nnq.layer = "fc2"}
// ENOUGH: nnq.layer = "fc1.0"
// ENOUGH: nnq.layer = "fc2.0"
// LADDER: 0 of 2 layers as they are: accuracy drops by 50.00 points to 50.00 %
// LADDER: Layer=fc1, Remark="compressed alone: signal to noise
// LADDER: Layer=fc2, Remark="compressed alone: signal to noise
// LADDER: 1 of 2 layers as they are: accuracy drops by 0.00 points to 100.00 %
// LADDER: [Missed] nnq-limit-drop {{.*}}Layer=fc2, Reason="accuracy-drop=0: without it the accuracy drops by more"
func.func @f(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %b1 = arith.constant dense<[[0.0, 14.0, 0.0]]> : tensor<1x3xf32>
  %w2 = arith.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.2, 0.0], [0.0, 0.0, 0.5]]> : tensor<3x3xf32>
  %e = tensor.empty() : tensor<1x3xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x3xf32>, tensor<3x3xf32>) outs(%z : tensor<1x3xf32>) -> tensor<1x3xf32>
  %1 = linalg.add ins(%0, %b1 : tensor<1x3xf32>, tensor<1x3xf32>) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : tensor<1x3xf32>, tensor<3x3xf32>) outs(%z : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %2 : tensor<1x3xf32>
}
