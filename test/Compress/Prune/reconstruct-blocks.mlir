// RUN: %python %inputs/make_arrays.py %t.npz x=f4:8x1x2:iota
// RUN: nnq-opt %s --nnq-reconstruct-blocks=data=%t.npz --nnq-remove-blocks --remarks-filter=nnq -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.mlir --check-prefixes=CHECK,MATRIX
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-run %t.mlir --data=%t.npz --compare=%s --max-diff=0.2 --repeat=0

// The two channels of these data are one but for a number: a factor will do.

// RUN: nnq-opt %s --nnq-reconstruct-blocks="fit=affine data=%t.npz" --nnq-remove-blocks -o %t.affine.mlir
// RUN: FileCheck %s --input-file=%t.affine.mlir --check-prefixes=CHECK,AFFINE
// RUN: nnq-run %t.affine.mlir --data=%t.npz --compare=%s --max-diff=0.5 --repeat=0
// RUN: nnq-opt %s --nnq-reconstruct-blocks="fit=none data=%t.npz" --nnq-remove-blocks -o %t.none.mlir
// RUN: FileCheck %s --input-file=%t.none.mlir --check-prefix=NOFIT
// RUN: not nnq-run %t.none.mlir --data=%t.npz --compare=%s --max-diff=5 --repeat=0
// RUN: not nnq-opt %s --nnq-reconstruct-blocks 2>&1 | FileCheck %s --check-prefix=DATA

// Both blocks are linear.
// CHECK-NOT: nnq.layer = "fc1"
// CHECK-NOT: nnq.layer = "fc2"
// MATRIX: reduction
// AFFINE-NOT: reduction
// CHECK: nnq.layer = "add1.projection"
// CHECK: nnq.layer = "add2.projection"
// CHECK: nnq.layer = "fc3"
// NOFIT-NOT: projection
// REMARK: what stands in for block fc1 keeps 100.0 % of the variance of its result
// REMARK: what stands in for block fc2 keeps 100.0 % of the variance of its result
// DATA: error: nnq-reconstruct-blocks: no data given; pass data=FILE

func.func @net(%arg: tensor<1x1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[0.5, 1.0], [-0.5, 2.0]]> : tensor<2x2xf32>
  %w2 = arith.constant dense<[[2.0, 0.25], [0.125, -0.5]]> : tensor<2x2xf32>
  %w3 = arith.constant dense<[[1.0, 2.0], [1.0, -1.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %x = tensor.collapse_shape %arg [[0, 1], [2]] : tensor<1x1x2xf32> into tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.add {nnq.layer = "add1", nnq.remove_block = {}} ins(%0, %x : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = linalg.add {nnq.layer = "add2", nnq.remove_block = {}} ins(%1, %2 : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = linalg.matmul {nnq.layer = "fc3"} ins(%3, %w3 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %4 : tensor<1x2xf32>
}
