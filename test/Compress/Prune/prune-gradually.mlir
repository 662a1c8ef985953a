// RUN: %python %inputs/make_arrays.py %t.npz x=f4:8x1x4:iota
// RUN: nnq-opt %s --nnq-prune-gradually="steps=3 damping=0 data=%t.npz" --remarks-filter=nnq -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-run %t.mlir --data=%t.npz --compare=%s --max-diff=0.05 --repeat=0

// The numbers of a sample differ by constants: one weight and a bias will do,
// which weights that stay as they are do not.
// RUN: nnq-opt %s --nnq-prune-weights -o %t.unfit.mlir
// RUN: not nnq-run %t.unfit.mlir --data=%t.npz --compare=%s --max-diff=5 --repeat=0

// Damping keeps weights where they were, and what they lack remains.
// RUN: nnq-opt %s --nnq-prune-gradually="damping=1 data=%t.npz" -o %t.damped.mlir
// RUN: not nnq-run %t.damped.mlir --data=%t.npz --compare=%s --max-diff=0.05 --repeat=0

// RUN: nnq-opt %s --nnq-prune-gradually="criterion=wanda steps=2 data=%t.npz" -o %t.wanda.mlir
// RUN: FileCheck %s --input-file=%t.wanda.mlir
// RUN: not nnq-opt %s --nnq-prune-gradually 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not nnq-opt %s --nnq-prune-gradually="steps=0 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=STEPS
// RUN: not nnq-opt %s --nnq-prune-gradually="damping=2 data=%t.npz" 2>&1 | FileCheck %s --check-prefix=DAMPING
// RUN: not nnq-opt %s --nnq-prune-gradually="criterion=obs data=%t.npz" 2>&1 | FileCheck %s --check-prefix=OBS

// CHECK-NOT: nnq.sparsity
// CHECK: nnq.layer = "fc1"
// CHECK: fitted_bias
// CHECK: nnq.layer = "fc2"
// CHECK: fitted_bias
// REMARK-DAG: Layer=fc1, Remark="6 of 8 weights are zero (75.0 %), 1 of them were so; the others keep 100.0 % of the variance of the result"
// REMARK-DAG: Layer=fc2, Remark="4 of 8 weights are zero (50.0 %), 0 of them were so; the others keep 100.0 % of the variance of the result"
// DATA: error: nnq-prune-gradually: no data given; pass data=FILE
// STEPS: error: nnq-prune-gradually: steps=0 are none; pass 1 or more
// DAMPING: error: nnq-prune-gradually: damping is a share; pass 0 to 1
// OBS: error: nnq-prune-gradually: criterion=obs changes weights by itself; pass magnitude or wanda

func.func @net(%arg: tensor<1x1x4xf32>) -> tensor<1x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[0.5, 1.0], [-0.5, 2.0], [3.0, 0.0], [1.0, -0.25]]> : tensor<4x2xf32>
  %w2 = arith.constant dense<[[1.0, 0.5, -2.0, 0.25], [0.5, 4.0, 1.0, -1.0]]> : tensor<2x4xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e2 = tensor.empty() : tensor<1x4xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %x = tensor.collapse_shape %arg [[0, 1], [2]] : tensor<1x1x4xf32> into tensor<1x4xf32>
  %0 = linalg.matmul {nnq.layer = "fc1", nnq.sparsity = {pattern = "unstructured", zeros = 6}} ins(%x, %w1 : tensor<1x4xf32>, tensor<4x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.matmul {nnq.layer = "fc2", nnq.sparsity = {pattern = "1:2", zeros = 4}} ins(%0, %w2 : tensor<1x2xf32>, tensor<2x4xf32>) outs(%z2 : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}
