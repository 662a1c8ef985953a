// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 threads=4" --nnq-parallelize=min-work=100 \
// RUN:   --split-input-file --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// What is left to one thread, and why.
// CHECK-NOT: scf.parallel
// CHECK-NOT: nnq.parallel

func.func @little_work(%x: memref<8xf32>, %y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  // expected-remark @below {{Layer=act, Reason="16 instructions are too few for 4 threads"}}
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.load %x[%i] : memref<8xf32>
    memref.store %a, %y[%i] : memref<8xf32>
  } {nnq.parallel, nnq.layer = "act"}
  return
}

// -----

// A run of a loop inside counts as often as it is made.
func.func @few_steps(%x: memref<1x128xf32>, %y: memref<1x128xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  // expected-remark @below {{Reason="1 steps do not divide among 4 threads"}}
  scf.for %i = %c0 to %c1 step %c1 {
    scf.for %j = %c0 to %c128 step %c1 {
      %a = memref.load %x[%i, %j] : memref<1x128xf32>
      memref.store %a, %y[%i, %j] : memref<1x128xf32>
    }
  } {nnq.parallel}
  return
}

// -----

// Threads would write to one buffer.
func.func @allocates(%y: memref<128xf32>) {
  %one = arith.constant 1.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  // expected-remark @below {{Reason="allocates a buffer in the loop"}}
  scf.for %i = %c0 to %c128 step %c1 {
    %b = memref.alloc() : memref<1xf32>
    memref.store %one, %b[%c0] : memref<1xf32>
    %a = memref.load %b[%c0] : memref<1xf32>
    memref.store %a, %y[%i] : memref<128xf32>
  } {nnq.parallel}
  return
}
