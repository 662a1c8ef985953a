// RUN: nnq-opt %s --nnq-fuse-loops --remarks-filter=nnq --verify-diagnostics --split-input-file | FileCheck %s

// Weights of 160 KB each would drive each other out of the cache.
memref.global "private" constant @a : memref<40960xf32> = dense<1.0>
memref.global "private" constant @b : memref<40960xf32> = dense<2.0>
// CHECK-LABEL: @large
// CHECK-COUNT-4: scf.for
// CHECK: return
func.func @large(%x: memref<8xf32>, %y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %n = arith.constant 40960 : index
  %zero = arith.constant 0.0 : f32
  %a = memref.get_global @a : memref<40960xf32>
  %b = memref.get_global @b : memref<40960xf32>
  scf.for %i = %c0 to %c8 step %c1 {
    %s = scf.for %j = %c0 to %n step %c1 iter_args(%sum = %zero) -> f32 {
      %w = memref.load %a[%j] : memref<40960xf32>
      %t = arith.addf %sum, %w : f32
      scf.yield %t : f32
    }
    memref.store %s, %x[%i] : memref<8xf32>
  }
  // expected-remark@below {{163840 bytes that each step reads do not stay in a cache beside 163840 of 'scf.for'}}
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %x[%i] : memref<8xf32>
    %s = scf.for %j = %c0 to %n step %c1 iter_args(%sum = %v) -> f32 {
      %w = memref.load %b[%j] : memref<40960xf32>
      %t = arith.addf %sum, %w : f32
      scf.yield %t : f32
    }
    memref.store %s, %y[%i] : memref<8xf32>
  }
  return
}

// -----

// CHECK-LABEL: @fused
// CHECK: scf.for
// CHECK-NOT: scf.for
func.func @fused(%x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    %v = memref.load %x[%i] : memref<4xf32>
    memref.store %v, %y[%i] : memref<4xf32>
  } loc("one")
  // expected-remark@below {{in one loop with 'one', in steps of 1}}
  scf.for %i = %c0 to %c4 step %c1 {
    %v = memref.load %y[%i] : memref<4xf32>
    memref.store %v, %x[%i] : memref<4xf32>
  }
  return
}
