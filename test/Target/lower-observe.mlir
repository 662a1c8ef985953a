// RUN: nnq-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --split-input-file | FileCheck %s --check-prefix=BUFFER
// RUN: nnq-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --nnq-lower-observe --split-input-file | FileCheck %s

// The observer reads before the tensor is overwritten; a part of an array in runs.
// BUFFER-LABEL: func.func @f
// BUFFER: nnq.observe %{{.*}} {id = 3 : i64} : memref<2x4xf32>
// BUFFER-NOT: memref.copy
// BUFFER: nnq.observe %{{.*}} {id = 4 : i64, nnq.layer = "l"} : memref<2x2xf32, strided<[4, 1], offset: 1>>

// CHECK: llvm.func @nnq_observe(i64, !llvm.ptr, i64)
// CHECK-LABEL: func.func @f
// CHECK: %[[ALL:.*]] = arith.constant 8 : index
// CHECK: %[[P:.*]] = llvm.inttoptr
// CHECK: %[[ID:.*]] = arith.constant 3 : i64
// CHECK: %[[COUNT:.*]] = arith.index_cast %[[ALL]] : index to i64
// CHECK: llvm.call @nnq_observe(%[[ID]], %[[P]], %[[COUNT]])
// CHECK: memref.extract_strided_metadata
// CHECK: %[[SIZE:.*]] = arith.constant 2 : index
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[SIZE]] step
// CHECK: %[[STRIDE:.*]] = arith.constant 4 : index
// CHECK: arith.muli %[[I]], %[[STRIDE]]
// CHECK: llvm.call @nnq_observe
func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  nnq.observe %x {id = 3 : i64} : tensor<2x4xf32>
  %s = tensor.extract_slice %x[0, 1] [2, 2] [1, 1] : tensor<2x4xf32> to tensor<2x2xf32>
  nnq.observe %s {id = 4 : i64, nnq.layer = "l"} : tensor<2x2xf32>
  %0 = linalg.exp ins(%x : tensor<2x4xf32>) outs(%x : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// BUFFER-LABEL: func.func @dynamic
// CHECK-LABEL: func.func @dynamic
// CHECK: memref.dim
// CHECK: arith.muli
// CHECK: llvm.call @nnq_observe
func.func @dynamic(%x: tensor<?x4xf32>) {
  nnq.observe %x {id = 0 : i64} : tensor<?x4xf32>
  return
}

// -----

// Parts of dynamic shape are copied.
// BUFFER-LABEL: func.func @dynamic_part
// BUFFER: %[[COPY:.*]] = memref.alloc(%{{.*}}) : memref<?x2xf32>
// BUFFER: memref.copy %{{.*}}, %[[COPY]]
// BUFFER: nnq.observe %[[COPY]] {id = 0 : i64}
// CHECK-LABEL: func.func @dynamic_part
// CHECK: llvm.call @nnq_observe
func.func @dynamic_part(%x: tensor<?x4xf32>, %n: index) {
  %s = tensor.extract_slice %x[0, 1] [%n, 2] [1, 1] : tensor<?x4xf32> to tensor<?x2xf32>
  nnq.observe %s {id = 0 : i64} : tensor<?x2xf32>
  return
}

// -----

// Without observers nothing is declared.
// CHECK-LABEL: func.func @none
// CHECK-NOT: nnq_observe
// BUFFER-LABEL: func.func @none
func.func @none() {
  return
}
