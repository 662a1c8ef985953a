// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 threads=2" --split-input-file \
// RUN:   --nnq-parallelize=min-work=100 | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 threads=2" --split-input-file \
// RUN:   --nnq-parallelize=min-work=100 --nnq-parallelize | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --split-input-file \
// RUN:   --nnq-parallelize=min-work=100 | FileCheck %s --check-prefix=ONE

// One thread needs no loop of its own kind, and no mark outlives the pass.
// ONE-NOT: scf.parallel
// ONE-NOT: nnq.parallel

// The outermost loop alone where its steps divide well.
// CHECK-LABEL: @outermost
// CHECK: scf.parallel (%[[I:.+]]) = (%c0) to (%c8) step (%c1) {
// CHECK:   scf.for %[[J:.+]] = %c0 to %c32 step %c1 {
// CHECK:     memref.load %{{.+}}[%[[I]], %[[J]]]
// CHECK-NOT: nnq.parallel
func.func @outermost(%x: memref<8x32xf32>, %y: memref<8x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  scf.for %i = %c0 to %c8 step %c1 {
    scf.for %j = %c0 to %c32 step %c1 {
      %a = memref.load %x[%i, %j] : memref<8x32xf32>
      memref.store %a, %y[%i, %j] : memref<8x32xf32>
    } {nnq.parallel}
  } {nnq.parallel}
  return
}

// -----

// Three steps leave one of two threads idle for a third of the time: the loop
// inside joins. What is computed between the loops moves along.
// CHECK-LABEL: @collapsed
// CHECK: scf.parallel (%[[I:.+]], %[[J:.+]]) = (%c0, %c0) to (%c3, %c64) step (%c1, %c8) {
// CHECK:   %[[K:.+]] = affine.apply {{.*}}(%[[I]])
// CHECK:   vector.load %{{.+}}[%[[K]], %[[J]]]
func.func @collapsed(%x: memref<6x64xf32>, %y: memref<3x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c3 step %c1 {
    %k = affine.apply affine_map<(d0) -> (2 * d0)>(%i)
    scf.for %j = %c0 to %c64 step %c8 {
      %a = vector.load %x[%k, %j] : memref<6x64xf32>, vector<8xf32>
      %b = math.absf %a : vector<8xf32>
      %c = math.exp %b : vector<8xf32>
      %d = math.absf %c : vector<8xf32>
      vector.store %d, %y[%i, %j] : memref<3x64xf32>, vector<8xf32>
    } {nnq.parallel}
  } {nnq.parallel}
  return
}

// -----

// A loop beside another one is not one with it: three steps are shared as they
// are.
// CHECK-LABEL: @beside
// CHECK: scf.parallel (%[[I:.+]]) = (%c0) to (%c3) step (%c1) {
// CHECK:   scf.for
// CHECK:   memref.store
func.func @beside(%x: memref<3x65xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c3 step %c1 {
    scf.for %j = %c0 to %c64 step %c1 {
      memref.store %zero, %x[%i, %j] : memref<3x65xf32>
    } {nnq.parallel}
    memref.store %zero, %x[%i, %c64] : memref<3x65xf32>
  } {nnq.parallel}
  return
}

// -----

// Loops without the mark are no concern of this pass.
// CHECK-LABEL: @unmarked
// CHECK-NOT: scf.parallel
// CHECK: scf.for %{{.+}} = %c0 to %c100 step %c1 iter_args
func.func @unmarked(%x: memref<100xf32>) -> f32 {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c100 = arith.constant 100 : index
  %sum = scf.for %i = %c0 to %c100 step %c1 iter_args(%s = %zero) -> f32 {
    %a = memref.load %x[%i] : memref<100xf32>
    %t = arith.addf %s, %a : f32
    scf.yield %t : f32
  }
  return %sum : f32
}
