// Layers of equal shape share their code, and are told apart by a profile. The
// first and the last one work on buffers of the caller, which may be aligned
// less.

// RUN: nnq-opt %s --lower-to-llvm=profile | FileCheck %s
// CHECK:         llvm.mlir.global external constant @net_nnq_signature(
// CHECK-SAME:      linear1{{.*}}linear2{{.*}}linear3{{.*}}linear4
// CHECK-COUNT-1: llvm.func internal @net_kernel({{.*}} attributes {dso_local, no_inline
// CHECK-NOT:     llvm.func internal
// CHECK:         llvm.func @net(
// CHECK:         llvm.readcyclecounter
// CHECK:         llvm.readcyclecounter
// CHECK:         llvm.call @net_kernel(
// CHECK:         llvm.readcyclecounter
// CHECK:         llvm.call @net_kernel(
// CHECK:         llvm.readcyclecounter
// CHECK-NOT:     llvm.call @net_kernel(

// RUN: %python %inputs/make_arrays.py %t.npz x=f4:64x4:iota
// RUN: nnq-compile %s -o %t.so
// RUN: nnq-run %t.so --data %t.npz --repeat=0 --compare %s --compare-reference --max-diff=0
// RUN: llvm-nm -D --defined-only %t.so | FileCheck %s --check-prefix=EXPORTS
// EXPORTS-NOT: kernel
// EXPORTS:     net
// EXPORTS-NOT: kernel

!w = tensor<4x4xf32>
!t = tensor<64x4xf32>

func.func private @layer(%x: !t, %w: !w) -> !t {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : !t
  %f = linalg.fill ins(%zero : f32) outs(%e : !t) -> !t
  %0 = linalg.matmul ins(%x, %w : !t, !w) outs(%f : !t) -> !t
  return %0 : !t
}

func.func @net(%x: !t) -> !t {
  %w1 = arith.constant dense<[[1.0, 0.5, 0.0, 0.0], [0.0, 1.0, 0.5, 0.0], [0.0, 0.0, 1.0, 0.5], [0.5, 0.0, 0.0, 1.0]]> : !w
  %w2 = arith.constant dense<[[0.5, 1.0, 0.0, 0.0], [0.0, 0.5, 1.0, 0.0], [0.0, 0.0, 0.5, 1.0], [1.0, 0.0, 0.0, 0.5]]> : !w
  %w3 = arith.constant dense<[[0.0, 1.0, 0.0, 2.0], [2.0, 0.5, 1.0, 0.0], [0.0, 3.0, 0.5, 1.0], [1.0, 0.0, 4.0, 0.5]]> : !w
  %w4 = arith.constant dense<[[0.0, 0.0, 1.0, 2.0], [2.0, 0.0, 1.0, 0.0], [0.5, 0.0, 0.5, 0.0], [0.0, 1.0, 0.0, 0.5]]> : !w
  %0 = call @layer(%x, %w1) : (!t, !w) -> !t
  %1 = call @layer(%0, %w2) : (!t, !w) -> !t
  %2 = call @layer(%1, %w3) : (!t, !w) -> !t
  %3 = call @layer(%2, %w4) : (!t, !w) -> !t
  return %3 : !t
}
