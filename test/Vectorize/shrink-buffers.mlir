// RUN: nnq-opt %s --split-input-file --nnq-shrink-buffers --canonicalize \
// RUN:   --mlir-print-local-scope | FileCheck %s
// RUN: nnq-opt %s --split-input-file --nnq-set-target="target=x86-64-v3 threads=2" \
// RUN:   --nnq-shrink-buffers --canonicalize | FileCheck %s --check-prefix=TWO

// Four rows of sixteen, one for each thread. The result and what is read after
// the loop keep their shape.
// CHECK-LABEL: @rows
// CHECK-DAG:  %[[ROWS:.+]] = memref.alloc() {alignment = 64 : i64} : memref<4x8xf32>
// CHECK-DAG:  %[[KEPT:.+]] = memref.alloc() : memref<16xf32>
// CHECK:      scf.for %[[I:.+]] = %c0 to %c16 step %c4 {
// CHECK-NEXT:   %[[END:.+]] = arith.addi %[[I]], %c4
// CHECK-NEXT:   scf.for %[[J:.+]] = %[[I]] to %[[END]] step %c1 {
// CHECK:          %[[AT:.+]] = affine.apply {{.*}}(%[[J]], %[[I]])
// CHECK-NEXT:     vector.store %{{.+}}, %[[ROWS]][%[[AT]], %c0]
// CHECK:          memref.store %{{.+}}, %[[KEPT]][%[[J]]]

// TWO-LABEL: @rows
// TWO:      memref.alloc() {alignment = 64 : i64} : memref<8x8xf32>
// TWO:      scf.for %[[THREAD:.+]] = %c0 to %c2 step %c1 {
// TWO-DAG:    %[[BEGIN:.+]] = arith.muli %[[THREAD]], %c8 overflow<nsw>
// TWO-DAG:    %[[LAST:.+]] = arith.addi %[[BEGIN]], %c8 overflow<nsw>
// TWO-DAG:    %[[PART:.+]] = arith.muli %[[THREAD]], %c4 overflow<nsw>
// TWO:        scf.for %[[I:.+]] = %[[BEGIN]] to %[[LAST]] step %c4 {
// TWO:          scf.for %[[J:.+]] = %[[I]] to
// TWO:            %[[AT:.+]] = affine.apply {{.*}}(%[[J]], %[[I]], %[[PART]])
// TWO-NEXT:       vector.store %{{.+}}, %{{.+}}[%[[AT]], %c0]
// TWO:          }
// TWO:          }
// TWO-NEXT:   }
// TWO-NEXT: } {nnq.parallel}
func.func @rows(%x: memref<16x8xf32>, %y: memref<16x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %rows = memref.alloc() {alignment = 64 : i64} : memref<16x8xf32>
  %kept = memref.alloc() : memref<16xf32>
  scf.for %i = %c0 to %c16 step %c4 {
    %end = arith.addi %i, %c4 overflow<nsw> : index
    scf.for %j = %i to %end step %c1 {
      %a = vector.load %x[%j, %c0] : memref<16x8xf32>, vector<8xf32>
      %b = math.exp %a : vector<8xf32>
      vector.store %b, %rows[%j, %c0] : memref<16x8xf32>, vector<8xf32>
      %s = vector.reduction <add>, %b : vector<8xf32> into f32
      memref.store %s, %kept[%j] : memref<16xf32>
    }
    scf.for %j = %i to %end step %c1 {
      %a = vector.load %rows[%j, %c0] : memref<16x8xf32>, vector<8xf32>
      vector.store %a, %y[%j, %c0] : memref<16x8xf32>, vector<8xf32>
    }
  } {nnq.parallel}
  %first = memref.load %kept[%c0] : memref<16xf32>
  memref.store %first, %y[%c0, %c0] : memref<16x8xf32>
  return
}

// -----

// Behind views that keep the dimension whole.
// CHECK-LABEL: @views
// CHECK:      memref.alloc() : memref<1x4x8xf32>
// CHECK:      memref.collapse_shape %{{.+}} {{\[}}[0], [1, 2]] : memref<1x4x8xf32> into memref<1x32xf32>
// CHECK:      scf.for %[[I:.+]] = %c0 to %c8 step %c1 {
// CHECK:        vector.store %{{.+}}, %{{.+}}[%c0, %c0] : memref<1x32xf32>
// CHECK:        vector.load %{{.+}}[%c0, %c0, %c0] : memref<1x4x8xf32>
func.func @views(%x: memref<8x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %a = memref.alloc() : memref<8x4x8xf32>
  %flat = memref.collapse_shape %a [[0], [1, 2]] : memref<8x4x8xf32> into memref<8x32xf32>
  scf.for %i = %c0 to %c8 step %c1 {
    %v = vector.load %x[%i, %c0] : memref<8x32xf32>, vector<8xf32>
    vector.store %v, %flat[%i, %c0] : memref<8x32xf32>, vector<8xf32>
    %w = vector.load %a[%i, %c0, %c0] : memref<8x4x8xf32>, vector<8xf32>
    vector.store %w, %x[%i, %c8] : memref<8x32xf32>, vector<8xf32>
  }
  return
}

// -----

// A step reads what another one wrote; one that something else fills; threads
// cannot share five steps.
// CHECK-LABEL: @kept
// CHECK: memref.alloc() : memref<9xf32>
// CHECK: memref.alloc() : memref<8xf32>
// TWO-LABEL: @kept
// TWO: memref.alloc() : memref<9xf32>
// TWO: memref.alloc() : memref<8xf32>
// TWO: memref.alloc() : memref<5xf32>
func.func @kept(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %c8 = arith.constant 8 : index
  %a = memref.alloc() : memref<9xf32>
  %b = memref.alloc() : memref<8xf32>
  memref.copy %x, %b : memref<8xf32> to memref<8xf32>
  scf.for %i = %c0 to %c8 step %c1 {
    %j = affine.apply affine_map<(d0) -> (d0 + 1)>(%i)
    %v = memref.load %b[%i] : memref<8xf32>
    memref.store %v, %a[%j] : memref<9xf32>
    %w = memref.load %a[%i] : memref<9xf32>
    memref.store %w, %x[%i] : memref<8xf32>
  } {nnq.parallel}
  %c = memref.alloc() : memref<5xf32>
  scf.for %i = %c0 to %c5 step %c1 {
    %v = memref.load %x[%i] : memref<8xf32>
    memref.store %v, %c[%i] : memref<5xf32>
    %w = memref.load %c[%i] : memref<5xf32>
    memref.store %w, %x[%i] : memref<8xf32>
  } {nnq.parallel}
  return
}
