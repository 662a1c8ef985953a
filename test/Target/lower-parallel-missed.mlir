// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-parallel --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-parallel --split-input-file \
// RUN:   --remarks-filter-missed=nnq --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Only one thread has the buffer: a team is started for the loop alone.
// REMARK: nnq-lower-parallel
// REMARK-SAME: threads are started for each loop: the result of 'memref.alloc' is used by all threads
// CHECK-LABEL: func.func @allocates
// CHECK: memref.alloc
// CHECK: omp.parallel
// CHECK:   scf.for
// CHECK:   omp.terminator
// CHECK-NOT: nnq_wait_for_team
func.func @allocates(%n: index, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %f = arith.constant 1.0 : f32
  %x = memref.alloc(%n) : memref<?xf32>
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    memref.store %f, %x[%i] : memref<?xf32>
  }
  memref.copy %x, %y : memref<?xf32> to memref<?xf32>
  memref.dealloc %x : memref<?xf32>
  return
}

// -----

// REMARK: threads are started for each loop: it calls a function with parallel loops
// CHECK-LABEL: func.func @calls
// CHECK: omp.parallel
// CHECK: call @callee
// CHECK-LABEL: func.func private @callee
// CHECK: omp.parallel
func.func @calls(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %f, %x[%i] : memref<8xf32>
  }
  func.call @callee(%x) : (memref<8xf32>) -> ()
  return
}
func.func private @callee(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 2.0 : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %f, %x[%i] : memref<8xf32>
  }
  return
}
