// A network may be written with helper functions; the rounding in them stays.

// RUN: nnq-opt %s --import | FileCheck %s
// CHECK-NOT: @block
// CHECK-LABEL: func.func @net
// CHECK: quant.qcast
// CHECK: quant.dcast
// CHECK: linalg.matmul {nnq.layer = "linear1"}
// CHECK: quant.qcast
// CHECK: quant.dcast
// CHECK: linalg.matmul {nnq.layer = "linear2"}

// RUN: %python %inputs/make_arrays.py %t.npz x=f4:5x4:iota
// RUN: nnq-compile %s -o %t.so
// RUN: nnq-run %t.so --data %t.npz --repeat=0 --entry=net --compare %s \
// RUN:   --compare-reference --max-diff=0
// RUN: nnq-opt %s --quantize-int8=data=%t.npz --lower-to-llvm -o %t.int8.mlir
// RUN: nnq-run %t.int8.mlir --data %t.npz --repeat=0 --compare %t.so --max-diff=0.5

!q = !quant.uniform<u8:f32, 0.25>

func.func private @block(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %w = arith.constant dense<[[1.0, 0.5, 0.0, 0.0], [0.0, 1.0, 0.5, 0.0], [0.0, 0.0, 1.0, 0.5], [0.5, 0.0, 0.0, 1.0]]> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %q = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!q>
  %d = quant.dcast %q : tensor<1x4x!q> to tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul ins(%d, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

func.func @net(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = call @block(%x) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = call @block(%0) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}
