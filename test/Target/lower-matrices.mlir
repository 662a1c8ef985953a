// RUN: nnq-opt %s --nnq-lower-matrices --split-input-file | FileCheck %s

// What all iterations configure alike is done once, and not again for the next
// loop. Sums of both share the stack.
// CHECK: llvm.mlir.global internal constant @nnq_matrix_sizes_0({{.*}}) {{.*}}alignment = 64
// CHECK-LABEL: func.func @loops(
// CHECK-SAME: %[[X:.*]]: !llvm.ptr
// CHECK: %[[STACK:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1024xi8>
// CHECK: %[[SIZES:.*]] = llvm.mlir.addressof @nnq_matrix_sizes_0
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"(%[[SIZES]])
// CHECK: scf.for
// CHECK-NOT: ldtilecfg
// CHECK: memref.view %[[STACK]][%c0
// CHECK: llvm.call_intrinsic "llvm.x86.tilezero"(%{{.*}}) : (i8) -> ()
// CHECK: %[[STRIDE:.*]] = llvm.mlir.constant(384 : i64)
// CHECK: llvm.call_intrinsic "llvm.x86.tileloadd64"(%{{.*}}, %[[X]], %[[STRIDE]]) : (i8, !llvm.ptr, i64) -> ()
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbusd"(%{{.*}}) : (i8, i8, i8) -> ()
// CHECK: scf.for
// CHECK: memref.view %[[STACK]][%c0
// CHECK: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK: }
// CHECK: llvm.call_intrinsic "llvm.x86.tilerelease"()
// CHECK-NEXT: return
// CHECK: llvm.func internal @nnq_request_matrices()
// CHECK: llvm.inline_asm has_side_effects {{.*}} "syscall"
// CHECK: llvm.mlir.global_ctors ctors = [@nnq_request_matrices]
func.func @loops(%x: !llvm.ptr) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    %sums = memref.alloca() {alignment = 64 : i64} : memref<16x16xi32>
    nnq.matrix_configure rows = [16, 16, 16, 16, 16, 16, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
    nnq.matrix_zero 0
    nnq.matrix_load 4, %x[] by 384 : !llvm.ptr
    nnq.matrix_dot 0, 4, 6
    %v = arith.constant 0 : i32
    memref.store %v, %sums[%c0, %c0] : memref<16x16xi32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %sums = memref.alloca() {alignment = 64 : i64} : memref<8x16xi32>
    nnq.matrix_configure rows = [16, 16, 16, 16, 16, 16, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
    nnq.matrix_store 0, %x[] by 64 : !llvm.ptr
    %v = arith.constant 0 : i32
    memref.store %v, %sums[%c0, %c0] : memref<8x16xi32>
  }
  return
}

// -----

// Tiles of two sizes in a loop: each is configured there. Behind the loop it is
// not known which was the last.
// CHECK-LABEL: func.func @sizes
// CHECK-NOT: ldtilecfg
// CHECK: scf.for
// CHECK: ldtilecfg
// CHECK: tilezero
// CHECK: ldtilecfg
// CHECK: tilezero
// CHECK: }
// CHECK: ldtilecfg
// CHECK: tilezero
// CHECK-NOT: ldtilecfg
// CHECK: tilezero
// CHECK: tilerelease
func.func @sizes() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    nnq.matrix_configure rows = [16, 16, 16, 16, 16, 16, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
    nnq.matrix_zero 0
    nnq.matrix_configure rows = [8, 8, 8, 8, 8, 8, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
    nnq.matrix_zero 0
  }
  nnq.matrix_configure rows = [8, 8, 8, 8, 8, 8, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
  nnq.matrix_zero 0
  nnq.matrix_configure rows = [8, 8, 8, 8, 8, 8, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
  nnq.matrix_zero 1
  return
}

// -----

// Another function may configure the registers.
// CHECK-LABEL: func.func @call
// CHECK: ldtilecfg
// CHECK: call @other
// CHECK: ldtilecfg
func.func private @other()
func.func @call() {
  nnq.matrix_configure rows = [8, 8, 8, 8, 8, 8, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
  nnq.matrix_zero 0
  func.call @other() : () -> ()
  nnq.matrix_configure rows = [8, 8, 8, 8, 8, 8, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
  nnq.matrix_zero 0
  return
}

// -----

// Each thread has registers, and a stack, of its own.
// CHECK-LABEL: func.func @threads
// CHECK: omp.parallel
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<1024xi8>
// CHECK: ldtilecfg
// CHECK: scf.for
// CHECK: tilezero
// CHECK: tilerelease
// CHECK-NEXT: omp.terminator
// CHECK-NOT: tilerelease
// CHECK: return
func.func @threads() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  omp.parallel {
    scf.for %i = %c0 to %c8 step %c1 {
      %sums = memref.alloca() {alignment = 64 : i64} : memref<16x16xi32>
      nnq.matrix_configure rows = [8, 8, 8, 8, 8, 8, 16, 16] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
      nnq.matrix_zero 0
      %v = arith.constant 0 : i32
      memref.store %v, %sums[%c0, %c0] : memref<16x16xi32>
    }
    omp.terminator
  }
  return
}

// -----

// Without matrices nothing is asked for.
// CHECK-LABEL: func.func @none
// CHECK-NEXT: return
// CHECK-NOT: request
func.func @none() {
  return
}
