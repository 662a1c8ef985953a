// RUN: nnq-opt %s --split-input-file --nnq-fuse-loops | FileCheck %s
// RUN: nnq-opt %s --split-input-file --nnq-set-target="target=x86-64-v3 threads=3" \
// RUN:   --nnq-fuse-loops | FileCheck %s --check-prefix=THREE

// Sums of rows, and what becomes of eight of them at once: blocks of eight rows.
// The sum ends in a chain, so that the next loop over rows inside stays apart;
// the two after it become one, down to their vectors.
// CHECK-LABEL: @norm
// CHECK:      memref.alloc() : memref<16xf32>
// CHECK:      memref.alloc() : memref<16xf32>
// CHECK:      scf.for %[[BLOCK:.+]] = %c0 to %c16 step %[[EIGHT:.+]] {
// CHECK-NEXT:   %[[END:.+]] = arith.addi %[[BLOCK]], %[[EIGHT]] overflow<nsw>
// CHECK-NEXT:   scf.for %[[ROW:.+]] = %[[BLOCK]] to %[[END]] step %c1 {
// CHECK:          memref.store %{{.+}}, %[[SUMS:.+]][%[[ROW]]]
// CHECK-NEXT:   }
// CHECK-NEXT:   vector.load %[[SUMS]][%[[BLOCK]]]
// CHECK:        %[[NEXT:.+]] = arith.addi %[[BLOCK]], {{.+}}
// CHECK:        scf.for %[[ROW:.+]] = %[[BLOCK]] to %[[NEXT]] step %c1 {
// CHECK-NEXT:     scf.for %[[COL:.+]] = %c0 to %c32 step %c8 {
// CHECK:            vector.store %{{.+}}, %[[Y:.+]][%[[ROW]], %[[COL]]]
// CHECK-NEXT:       vector.load %[[Y]][%[[ROW]], %[[COL]]]
// CHECK:            vector.store
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: } {nnq.parallel}
// CHECK-NEXT: return

// Three threads do not share two blocks.
// THREE-LABEL: @norm
// THREE: scf.for
// THREE: } {nnq.parallel}
// THREE: scf.for %{{.+}} = %c0 to %c16 step %c8
func.func @norm(%x: memref<16x32xf32>, %y: memref<16x32xf32>, %z: memref<16x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant dense<0.0> : vector<8xf32>
  %sums = memref.alloc() : memref<16xf32>
  scf.for %i = %c0 to %c16 step %c1 {
    %total = scf.for %j = %c0 to %c32 step %c8 iter_args(%sum = %zero) -> (vector<8xf32>) {
      %a = vector.load %x[%i, %j] : memref<16x32xf32>, vector<8xf32>
      %b = arith.addf %sum, %a : vector<8xf32>
      scf.yield %b : vector<8xf32>
    }
    %s = vector.reduction <add>, %total : vector<8xf32> into f32
    memref.store %s, %sums[%i] : memref<16xf32>
  } {nnq.parallel}
  %means = memref.alloc() : memref<16xf32>
  scf.for %i = %c0 to %c16 step %c8 {
    %a = vector.load %sums[%i] : memref<16xf32>, vector<8xf32>
    %b = math.absf %a : vector<8xf32>
    vector.store %b, %means[%i] : memref<16xf32>, vector<8xf32>
  } {nnq.parallel}
  scf.for %i = %c0 to %c16 step %c1 {
    scf.for %j = %c0 to %c32 step %c8 {
      %a = vector.load %x[%i, %j] : memref<16x32xf32>, vector<8xf32>
      %m = memref.load %means[%i] : memref<16xf32>
      %b = vector.broadcast %m : f32 to vector<8xf32>
      %c = arith.subf %a, %b : vector<8xf32>
      vector.store %c, %y[%i, %j] : memref<16x32xf32>, vector<8xf32>
    }
  } {nnq.parallel}
  scf.for %i = %c0 to %c16 step %c1 {
    scf.for %j = %c0 to %c32 step %c8 {
      %a = vector.load %y[%i, %j] : memref<16x32xf32>, vector<8xf32>
      %b = math.exp %a : vector<8xf32>
      vector.store %b, %z[%i, %j] : memref<16x32xf32>, vector<8xf32>
    }
  } {nnq.parallel}
  return
}

// -----

// Through a view that keeps the dimension; a loop without mark takes it away.
// CHECK-LABEL: @view
// CHECK:      memref.collapse_shape
// CHECK:      scf.for %[[I:.+]] = %c0 to %c4 step %c1 {
// CHECK:        vector.store
// CHECK:        memref.load %{{.+}}[%[[I]], %c0]
// CHECK:      }
// CHECK-NOT:  nnq.parallel
// CHECK-NOT:  scf.for
func.func @view(%x: memref<4x2x8xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %a = memref.alloc() : memref<4x2x8xf32>
  scf.for %i = %c0 to %c4 step %c1 {
    %v = vector.load %x[%i, %c1, %c0] : memref<4x2x8xf32>, vector<8xf32>
    vector.store %v, %a[%i, %c1, %c0] : memref<4x2x8xf32>, vector<8xf32>
  } {nnq.parallel}
  %flat = memref.collapse_shape %a [[0], [1, 2]] : memref<4x2x8xf32> into memref<4x16xf32>
  scf.for %i = %c0 to %c4 step %c1 {
    %v = memref.load %flat[%i, %c0] : memref<4x16xf32>
    memref.store %v, %y[%i] : memref<4xf32>
  }
  return
}

// -----

// A step reads what the next one of the first loop writes; a transposed read;
// a vector that reaches into the next step; different indices; nothing shared.
// CHECK-LABEL: @apart
// CHECK-COUNT-9: scf.for
// CHECK: return
func.func @apart(%x: memref<9x9xf32>, %y: memref<9x9xf32>, %z: memref<9x9xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %x[%i, %c0] : memref<9x9xf32>
    memref.store %v, %y[%i, %c0] : memref<9x9xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %j = affine.apply affine_map<(d0) -> (d0 + 1)>(%i)
    %v = memref.load %y[%j, %c0] : memref<9x9xf32>
    memref.store %v, %z[%i, %c0] : memref<9x9xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %z[%c0, %i] : memref<9x9xf32>
    memref.store %v, %y[%i, %c0] : memref<9x9xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %v = vector.load %y[%i, %c0] : memref<9x9xf32>, vector<2x2xf32>
    %w = vector.extract %v[0, 0] : f32 from vector<2x2xf32>
    memref.store %w, %z[%i, %c0] : memref<9x9xf32>
  }
  scf.for %i = %c0 to %c4 step %c1 {
    %v = memref.load %z[%i, %c0] : memref<9x9xf32>
    memref.store %v, %y[%i, %c0] : memref<9x9xf32>
  }
  scf.for %i = %c1 to %c4 step %c1 {
    %v = memref.load %y[%i, %c0] : memref<9x9xf32>
    memref.store %v, %z[%i, %c0] : memref<9x9xf32>
  }
  // What lies between has effects.
  memref.copy %z, %y : memref<9x9xf32> to memref<9x9xf32>
  scf.for %i = %c1 to %c4 step %c1 {
    %v = memref.load %z[%i, %c0] : memref<9x9xf32>
    memref.store %v, %z[%i, %c0] : memref<9x9xf32>
  }
  scf.for %i = %c1 to %c4 step %c1 {
    %v = memref.load %x[%i, %c0] : memref<9x9xf32>
    memref.store %v, %y[%i, %c0] : memref<9x9xf32>
  }
  scf.for %i = %c1 to %c4 step %c1 {
    %s = memref.alloca() : memref<1xf32>
    %v = memref.load %y[%i, %c0] : memref<9x9xf32>
    memref.store %v, %z[%i, %c0] : memref<9x9xf32>
  }
  return
}

// -----

// Where times of layers are measured each layer has loops of its own.
module attributes {nnq.layers = {one = {}, two = {}}} {
  // CHECK-LABEL: @measured
  // CHECK-COUNT-2: scf.for
  func.func @measured(%x: memref<4xf32>, %y: memref<4xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %a = memref.alloc() : memref<4xf32>
    scf.for %i = %c0 to %c4 step %c1 {
      %v = memref.load %x[%i] : memref<4xf32>
      memref.store %v, %a[%i] : memref<4xf32>
    } loc("one")
    scf.for %i = %c0 to %c4 step %c1 {
      %v = memref.load %a[%i] : memref<4xf32>
      memref.store %v, %y[%i] : memref<4xf32>
    } loc("two")
    return
  }
}
