// RUN: nnq-opt %s --nnq-plan-memory --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-plan-memory --nnq-plan-memory --split-input-file | FileCheck %s

// %a dies when %b is written, %c takes its place; %b is live with both.
// CHECK-LABEL: func.func @chain(
// CHECK-SAME: %[[ARENA:[a-z0-9]+]]: memref<128xi8> {nnq.workspace})
// CHECK: %[[A0:.*]] = arith.constant [[A:.*]] : index
// CHECK: memref.view %[[ARENA]][%[[A0]]][] : memref<128xi8> to memref<16xf32>
// CHECK: %[[B0:.*]] = arith.constant 64 : index
// CHECK: memref.view %[[ARENA]][%[[B0]]][]
// CHECK: %[[C0:.*]] = arith.constant [[A]] : index
// CHECK: memref.view %[[ARENA]][%[[C0]]][]
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.dealloc
func.func @chain(%x: memref<16xf32>, %y: memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  memref.copy %x, %a : memref<16xf32> to memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  memref.copy %a, %b : memref<16xf32> to memref<16xf32>
  memref.dealloc %a : memref<16xf32>
  %c = memref.alloc() : memref<16xf32>
  memref.copy %b, %c : memref<16xf32> to memref<16xf32>
  memref.copy %c, %y : memref<16xf32> to memref<16xf32>
  return
}

// -----

// The view keeps %a alive until the end, so that %b cannot take its place.
// CHECK-LABEL: func.func @view
// CHECK-SAME: memref<128xi8> {nnq.workspace}
func.func @view(%x: memref<16xf32>, %y: memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  %s = memref.subview %a[8] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1], offset: 8>>
  %e = memref.expand_shape %s [[0, 1]] output_shape [2, 4] : memref<8xf32, strided<[1], offset: 8>> into memref<2x4xf32, strided<[4, 1], offset: 8>>
  memref.copy %x, %a : memref<16xf32> to memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  memref.copy %x, %b : memref<16xf32> to memref<16xf32>
  memref.copy %b, %y : memref<16xf32> to memref<16xf32>
  %c0 = arith.constant 0 : index
  %v = memref.load %e[%c0, %c0] : memref<2x4xf32, strided<[4, 1], offset: 8>>
  memref.store %v, %y[%c0] : memref<16xf32>
  return
}

// -----

// What a loop uses is alive for all of it; buffers of its body share among
// themselves from one iteration to the next.
// CHECK-LABEL: func.func @loop
// CHECK-SAME: memref<128xi8> {nnq.workspace}
func.func @loop(%x: memref<16xf32>, %y: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %a = memref.alloc() : memref<16xf32>
  memref.copy %x, %a : memref<16xf32> to memref<16xf32>
  scf.for %i = %c0 to %c4 step %c1 {
    %b = memref.alloc() : memref<16xf32>
    memref.copy %a, %b : memref<16xf32> to memref<16xf32>
    memref.copy %b, %y : memref<16xf32> to memref<16xf32>
    %c = memref.alloc() : memref<16xf32>
    memref.copy %y, %c : memref<16xf32> to memref<16xf32>
    memref.copy %c, %y : memref<16xf32> to memref<16xf32>
  }
  return
}

// -----

// A buffer that an scf.if hands out lives on outside of it.
// CHECK-LABEL: func.func @branch
// CHECK-SAME: memref<192xi8> {nnq.workspace}
func.func @branch(%p: i1, %x: memref<16xf32>, %y: memref<16xf32>) {
  %r = scf.if %p -> memref<16xf32> {
    %a = memref.alloc() : memref<16xf32>
    memref.copy %x, %a : memref<16xf32> to memref<16xf32>
    scf.yield %a : memref<16xf32>
  } else {
    %b = memref.alloc() : memref<16xf32>
    memref.copy %x, %b : memref<16xf32> to memref<16xf32>
    scf.yield %b : memref<16xf32>
  }
  %c = memref.alloc() : memref<16xf32>
  memref.copy %x, %c : memref<16xf32> to memref<16xf32>
  memref.copy %r, %y : memref<16xf32> to memref<16xf32>
  memref.copy %c, %y : memref<16xf32> to memref<16xf32>
  return
}

// -----

// An empty arena is passed all the same. What nobody uses takes no room.
// CHECK-LABEL: func.func @none(
// CHECK-SAME: memref<0xi8> {nnq.workspace})
func.func @none(%x: memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  memref.dealloc %a : memref<16xf32>
  return
}
