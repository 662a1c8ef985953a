// RUN: nnq-opt %s --nnq-expand-strided-copy | FileCheck %s

// CHECK-LABEL: func.func @strided(
// CHECK-SAME: %[[A:.*]]: memref<2x4xf32, strided<[8, 1]>>, %[[B:.*]]: memref<2x4xf32>)
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
// CHECK: scf.for %[[J:.*]] =
// CHECK: %[[V:.*]] = memref.load %[[A]][%[[I]], %[[J]]]
// CHECK: memref.store %[[V]], %[[B]][%[[I]], %[[J]]]
func.func @strided(%a: memref<2x4xf32, strided<[8, 1]>>, %b: memref<2x4xf32>) {
  memref.copy %a, %b : memref<2x4xf32, strided<[8, 1]>> to memref<2x4xf32>
  return
}

// CHECK-LABEL: func.func @dynamic
// CHECK: memref.dim
// CHECK: scf.for
func.func @dynamic(%a: memref<?xf32>, %b: memref<?xf32>) {
  memref.copy %a, %b : memref<?xf32> to memref<?xf32>
  return
}

// A contiguous one becomes a memcpy later.
// CHECK-LABEL: func.func @contiguous
// CHECK: memref.copy
func.func @contiguous(%a: memref<1x4xf32, strided<[8, 1], offset: 8>>, %b: memref<1x4xf32>) {
  memref.copy %a, %b : memref<1x4xf32, strided<[8, 1], offset: 8>> to memref<1x4xf32>
  return
}
