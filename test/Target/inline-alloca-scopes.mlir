// RUN: nnq-opt %s --nnq-inline-alloca-scopes | FileCheck %s
// RUN: nnq-opt %s --nnq-inline-alloca-scopes --nnq-inline-alloca-scopes | FileCheck %s

// An intrinsic in a loop allocates nothing.
// CHECK-LABEL: @inlined
// CHECK-NOT: memref.alloca_scope
// CHECK: %[[R:.+]] = scf.for
// CHECK:   llvm.call_intrinsic
// CHECK: memref.store %[[R]]
func.func @inlined(%x: f32, %y: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %r = memref.alloca_scope -> (f32) {
    %s = scf.for %i = %c0 to %c8 step %c1 iter_args(%a = %x) -> f32 {
      %b = llvm.call_intrinsic "llvm.sqrt.f32"(%a) : (f32) -> f32
      scf.yield %b : f32
    }
    memref.alloca_scope.return %s : f32
  }
  memref.store %r, %y[%c0] : memref<1xf32>
  return
}

// Stack memory is given back at the end of its scope.
// CHECK-LABEL: @kept
// CHECK: memref.alloca_scope
// CHECK:   memref.alloca()
func.func @kept(%y: memref<1xf32>) {
  memref.alloca_scope {
    %a = memref.alloca() : memref<1xf32>
    memref.copy %y, %a : memref<1xf32> to memref<1xf32>
  }
  return
}
