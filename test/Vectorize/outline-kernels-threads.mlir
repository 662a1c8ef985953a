// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 threads=2" --nnq-outline-kernels="min-ops=4 min-unique-ops=4" \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// Loops for threads stay in the function where the buffers are known.
// CHECK-LABEL: func.func @f(
// CHECK:         scf.for
// CHECK:         } {nnq.parallel}
// CHECK-NOT:     scf.for
// CHECK:         call @f_kernel(
func.func @f(%x: memref<8xf32>, %y: memref<8xf32>, %z: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  // expected-remark @below {{Reason="threads may share the loop"}}
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.load %x[%i] : memref<8xf32>
    memref.store %a, %y[%i] : memref<8xf32>
  } {nnq.parallel}
  scf.for %i = %c0 to %c8 step %c1 {
    %a = memref.load %y[%i] : memref<8xf32>
    memref.store %a, %z[%i] : memref<8xf32>
  }
  return
}
