// RUN: nnq-opt %s --nnq-drop-barriers | FileCheck %s
// RUN: nnq-opt %s --nnq-drop-barriers --nnq-drop-barriers | FileCheck %s

// CHECK-LABEL: @last
// CHECK: omp.wsloop nowait {
func.func @last(%y: memref<8xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  omp.parallel {
    omp.wsloop {
      omp.loop_nest (%i) : index = (%c0) to (%c8) step (%c1) {
        memref.store %x, %y[%i] : memref<8xf32>
        omp.yield
      }
    }
    omp.terminator
  }
  return
}

// The second loop may read what another thread has written in the first.
// CHECK-LABEL: @followed
// CHECK: omp.wsloop {
// CHECK: omp.wsloop nowait {
func.func @followed(%y: memref<8xf32>, %z: memref<8xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %c8 = arith.constant 8 : index
  omp.parallel {
    omp.wsloop {
      omp.loop_nest (%i) : index = (%c0) to (%c8) step (%c1) {
        memref.store %x, %y[%i] : memref<8xf32>
        omp.yield
      }
    }
    omp.wsloop {
      omp.loop_nest (%i) : index = (%c0) to (%c8) step (%c1) {
        %j = arith.subi %c7, %i : index
        %v = memref.load %y[%j] : memref<8xf32>
        memref.store %v, %z[%i] : memref<8xf32>
        omp.yield
      }
    }
    omp.terminator
  }
  return
}
