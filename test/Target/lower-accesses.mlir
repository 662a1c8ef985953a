// RUN: nnq-opt %s --nnq-lower-accesses --canonicalize --split-input-file | FileCheck %s

// What differs by a constant shares the rest of the address.
// CHECK-LABEL: func.func @shared(
// CHECK-SAME: %[[A:.*]]: memref<4x8xf32>, %[[I:.*]]: index)
// CHECK: %[[S:.*]] = builtin.unrealized_conversion_cast %[[A]] : memref<4x8xf32> to !llvm.struct
// CHECK: %[[BASE:.*]] = llvm.extractvalue %[[S]][1]
// CHECK: %[[ROW:.*]] = affine.apply {{.*}}%[[I]]
// CHECK: %[[N:.*]] = builtin.unrealized_conversion_cast %[[ROW]] : index to i64
// CHECK: %[[P:.*]] = llvm.getelementptr %[[BASE]][%[[N]]] : (!llvm.ptr, i64) -> !llvm.ptr, f32
// CHECK: %[[X:.*]] = llvm.load %[[P]] {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
// CHECK-NOT: affine.apply
// CHECK: %[[Q:.*]] = llvm.getelementptr %[[P]][12] : (!llvm.ptr) -> !llvm.ptr, f32
// CHECK: llvm.store %[[X]], %[[Q]] {alignment = 4 : i64} : vector<4xf32>, !llvm.ptr
// CHECK-NOT: vector.{{load|store}}
func.func @shared(%a: memref<4x8xf32>, %i: index) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %next = affine.apply affine_map<(d0) -> (d0 + 1)>(%i)
  %x = vector.load %a[%i, %c0] : memref<4x8xf32>, vector<4xf32>
  vector.store %x, %a[%next, %c4] : memref<4x8xf32>, vector<4xf32>
  return
}

// -----

// The offset of the view counts, and what an op says about alignment.
// CHECK-LABEL: func.func @offset
// CHECK: %[[BASE:.*]] = llvm.extractvalue %{{.*}}[1]
// CHECK: %[[VIEW:.*]] = llvm.getelementptr %[[BASE]][17] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK: %[[P:.*]] = llvm.getelementptr %[[VIEW]][36] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK: llvm.load %[[P]] {alignment = 16 : i64, nontemporal} : !llvm.ptr -> i8
// CHECK: llvm.store %{{.*}}, %[[VIEW]] {alignment = 1 : i64} : i8, !llvm.ptr
func.func @offset(%a: memref<2x2xi8, strided<[32, 2], offset: 17>>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %x = memref.load %a[%c1, %c2] {alignment = 16 : i64, nontemporal = true}
      : memref<2x2xi8, strided<[32, 2], offset: 17>>
  memref.store %x, %a[%c0, %c0] : memref<2x2xi8, strided<[32, 2], offset: 17>>
  return
}

// -----

// What was loaded may be an index.
// CHECK-LABEL: func.func @lookup
// CHECK: %[[X:.*]] = llvm.load {{.*}} -> i32
// CHECK: %[[I:.*]] = arith.index_cast %[[X]] : i32 to index
// CHECK: %[[N:.*]] = builtin.unrealized_conversion_cast %[[I]] : index to i64
// CHECK: %[[P:.*]] = llvm.getelementptr %{{.*}}[%[[N]]]
// CHECK: llvm.load %[[P]]
func.func @lookup(%table: memref<8xf32>, %places: memref<1xi32>) -> f32 {
  %c0 = arith.constant 0 : index
  %place = memref.load %places[%c0] : memref<1xi32>
  %i = arith.index_cast %place : i32 to index
  %x = memref.load %table[%i] : memref<8xf32>
  return %x : f32
}

// -----

// Blocks do not share: neither need run before the other.
// CHECK-LABEL: func.func @branches
// CHECK-COUNT-2: affine.apply
func.func @branches(%a: memref<4x8xf32>, %i: index, %b: i1) -> f32 {
  %c0 = arith.constant 0 : index
  %x = scf.if %b -> f32 {
    %y = memref.load %a[%i, %c0] : memref<4x8xf32>
    scf.yield %y : f32
  } else {
    %c1 = arith.constant 1 : index
    %z = memref.load %a[%i, %c1] : memref<4x8xf32>
    scf.yield %z : f32
  }
  return %x : f32
}

// -----

// Upstream knows what to do about strides that are no constants, and indices
// that have no bits.
// CHECK-LABEL: func.func @kept
// CHECK: memref.load
// CHECK: vector.load
// CHECK: memref.load
func.func @kept(%a: memref<?x?xf32>, %b: memref<4x4xf32>, %c: memref<4xindex>)
    -> (f32, vector<2x2xf32>, index) {
  %c0 = arith.constant 0 : index
  %x = memref.load %a[%c0, %c0] : memref<?x?xf32>
  %y = vector.load %b[%c0, %c0] : memref<4x4xf32>, vector<2x2xf32>
  %z = memref.load %c[%c0] : memref<4xindex>
  return %x, %y, %z : f32, vector<2x2xf32>, index
}

// -----

// Of a matrix the first element is told.
// CHECK-LABEL: func.func @matrix
// CHECK: %[[BASE:.*]] = llvm.extractvalue %{{.*}}[1]
// CHECK: %[[P:.*]] = llvm.getelementptr %[[BASE]][%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: nnq.matrix_load 4, %[[P]][] by 128 : !llvm.ptr
// CHECK: %[[Q:.*]] = llvm.getelementptr %[[P]][64] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK: nnq.matrix_store 0, %[[Q]][] by 256 : !llvm.ptr
func.func @matrix(%a: memref<32x128xi8>, %i: index) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  nnq.matrix_load 4, %a[%i, %c0] by 128 : memref<32x128xi8>
  nnq.matrix_store 0, %a[%i, %c64] by 256 : memref<32x128xi8>
  return
}
