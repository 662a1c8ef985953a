// RUN: nnq-opt %s --nnq-outline-kernels="min-ops=3 min-unique-ops=3" --split-input-file \
// RUN:   --remarks-filter-missed=nnq --remarks-filter-passed=nnq --verify-diagnostics | FileCheck %s

// What stays where it is, and why.
// CHECK-LABEL: func.func @results(
// CHECK-NOT:     call
// CHECK-LABEL: func.func @allocates(
// CHECK-NOT:     call
// CHECK-LABEL: func.func @value(
// CHECK-NOT:     call
// CHECK-LABEL: func.func @strided(
// CHECK-NOT:     call
// CHECK-LABEL: func.func @other(
// CHECK-NOT:     call
func.func @results(%x: memref<8xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  // expected-remark @below {{Layer=sum, Reason="has results"}}
  %s = scf.for %i = %c0 to %c8 step %c1 iter_args(%acc = %zero) -> f32 {
    %a = memref.load %x[%i] : memref<8xf32>
    %sum = arith.addf %acc, %a : f32
    scf.yield %sum : f32
  } {nnq.layer = "sum"}
  return %s : f32
}

func.func @allocates(%y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  // expected-remark @below {{Reason="allocates a buffer in the loop"}}
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.alloc() : memref<1xf32>
    memref.store %zero, %a[%c0] : memref<1xf32>
    %v = memref.load %a[%c0] : memref<1xf32>
    memref.store %v, %y[%i] : memref<8xf32>
  }
  return
}

func.func @value(%x: memref<8xf32>, %y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %v = memref.load %x[%c0] : memref<8xf32>
  // expected-remark @below {{Reason="reads a value that no buffer holds"}}
  scf.for %i = %c0 to %c8 step %c1 {
    %s = arith.addf %v, %v : f32
    memref.store %s, %y[%i] : memref<8xf32>
  }
  return
}

func.func @strided(%y: memref<8xf32, strided<[2]>>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  // expected-remark @below {{Reason="works on a buffer of type memref<8xf32, strided<[2]>>"}}
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.load %y[%i] : memref<8xf32, strided<[2]>>
    %s = arith.addf %a, %a : f32
    memref.store %s, %y[%i] : memref<8xf32, strided<[2]>>
  }
  return
}

// It may be a part of another buffer.
func.func @other(%f: i1, %x: memref<8xf32>, %y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %b = scf.if %f -> memref<8xf32> {
    scf.yield %x : memref<8xf32>
  } else {
    scf.yield %y : memref<8xf32>
  }
  // expected-remark @below {{Reason="reads a value that no buffer holds"}}
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.load %b[%i] : memref<8xf32>
    %s = arith.addf %a, %a : f32
    memref.store %s, %y[%i] : memref<8xf32>
  }
  return
}

// -----

// CHECK-LABEL: func.func @merged(
func.func @merged(%x: memref<8xf32>, %y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.load %x[%i] : memref<8xf32>
    memref.store %a, %y[%i] : memref<8xf32>
  } loc("first")
  // expected-remark @below {{calls 'merged_kernel' of layer 'first'}}
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.load %y[%i] : memref<8xf32>
    memref.store %a, %x[%i] : memref<8xf32>
  }
  return
}
