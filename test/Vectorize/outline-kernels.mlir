// RUN: nnq-opt %s --nnq-outline-kernels="min-ops=4 min-unique-ops=4" --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-outline-kernels="min-ops=4 min-unique-ops=100" --split-input-file | FileCheck %s --check-prefix=UNIQUE

// Layers of equal shape share a function, whose arguments are whole buffers.
// UNIQUE-LABEL: func.func @layers(
// UNIQUE-COUNT-2: call @layers_kernel
memref.global "private" constant @w1 : memref<8xf32> = dense<1.0> {alignment = 64 : i64}
memref.global "private" constant @w2 : memref<8xf32> = dense<2.0> {alignment = 64 : i64}

// CHECK-LABEL: func.func private @layers_kernel(
// CHECK-SAME:    %[[X:.*]]: memref<2x8xf32> {llvm.align = 64 : i64, llvm.dereferenceable = 64 : i64, llvm.noalias},
// CHECK-SAME:    %[[W:.*]]: memref<8xf32> {llvm.align = 64 : i64, llvm.dereferenceable = 32 : i64, llvm.noalias},
// CHECK-SAME:    %[[Y:.*]]: memref<2x8xf32> {llvm.align = 64 : i64, {{.*}}llvm.noalias})
// CHECK:         %[[VIEW:.*]] = memref.subview %[[X]][1, 0] [1, 8] [1, 1]
// CHECK:         scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
// CHECK:           memref.load %[[VIEW]][%[[I]]]
// CHECK:           memref.load %[[W]][%[[I]]]
// CHECK:           memref.store %{{.*}}, %[[Y]][%{{.*}}, %[[I]]]
// CHECK:         {nnq.parallel}
// CHECK:         return
// CHECK-NOT:   func.func private
// CHECK-LABEL: func.func @layers(
// CHECK-SAME:    %{{.*}}: memref<2x8xf32>) {
// CHECK:         %[[A:.*]] = memref.alloc
// CHECK:         %[[B:.*]] = memref.alloc
// CHECK:         %[[C:.*]] = memref.alloc
// CHECK:         %[[W1:.*]] = memref.get_global @w1
// CHECK:         call @layers_kernel(%[[A]], %[[W1]], %[[B]])
// CHECK:         %[[W2:.*]] = memref.get_global @w2
// CHECK:         call @layers_kernel(%[[B]], %[[W2]], %[[C]])
// CHECK-NOT:     scf.for
// CHECK:         return
func.func @layers(%y: memref<2x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %a = memref.alloc() : memref<2x8xf32>
  %b = memref.alloc() : memref<2x8xf32>
  %c = memref.alloc() : memref<2x8xf32>
  %w1 = memref.get_global @w1 : memref<8xf32>
  %v1 = memref.subview %a[1, 0] [1, 8] [1, 1] : memref<2x8xf32> to memref<8xf32, strided<[1], offset: 8>>
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %v1[%i] : memref<8xf32, strided<[1], offset: 8>>
    %q = memref.load %w1[%i] : memref<8xf32>
    %s = arith.mulf %p, %q : f32
    memref.store %s, %b[%c0, %i] : memref<2x8xf32>
  } {nnq.parallel}
  %w2 = memref.get_global @w2 : memref<8xf32>
  %v2 = memref.subview %b[1, 0] [1, 8] [1, 1] : memref<2x8xf32> to memref<8xf32, strided<[1], offset: 8>>
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %v2[%i] : memref<8xf32, strided<[1], offset: 8>>
    %q = memref.load %w2[%i] : memref<8xf32>
    %s = arith.mulf %p, %q : f32
    memref.store %s, %c[%c0, %i] : memref<2x8xf32>
  } {nnq.parallel}
  memref.copy %c, %y : memref<2x8xf32> to memref<2x8xf32>
  return
}

// -----

// What differs in a constant, an offset, the aliasing or the alignment of its
// buffers is another function.
// Without a second one, a loop must be larger to become a function.
// UNIQUE-LABEL: func.func @differ(
// UNIQUE-NOT:     call
// UNIQUE-COUNT-5: scf.for
// UNIQUE:         return
// CHECK-LABEL: func.func @differ(
// CHECK:         call @differ_kernel(%[[A:[a-z_0-9]+]], %[[B:[a-z_0-9]+]]) : (memref<16xf32>, memref<16xf32>)
// CHECK:         call @differ_kernel_0(%[[A]], %[[B]])
// CHECK:         call @differ_kernel_1(%[[A]], %[[B]])
// CHECK:         call @differ_kernel_2(%[[A]]) : (memref<16xf32>)
// CHECK:         call @differ_kernel_3(%[[A]], %{{.*}})
func.func @differ(%y: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %two = arith.constant 2.0 : f32
  %three = arith.constant 3.0 : f32
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  %low = memref.subview %a[0] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1]>>
  %high = memref.subview %a[8] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1], offset: 8>>
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %low[%i] : memref<8xf32, strided<[1]>>
    %s = arith.mulf %p, %two : f32
    memref.store %s, %b[%i] : memref<16xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %low[%i] : memref<8xf32, strided<[1]>>
    %s = arith.mulf %p, %three : f32
    memref.store %s, %b[%i] : memref<16xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %high[%i] : memref<8xf32, strided<[1], offset: 8>>
    %s = arith.mulf %p, %two : f32
    memref.store %s, %b[%i] : memref<16xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %low[%i] : memref<8xf32, strided<[1]>>
    %s = arith.mulf %p, %two : f32
    memref.store %s, %a[%i] : memref<16xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %low[%i] : memref<8xf32, strided<[1]>>
    %s = arith.mulf %p, %two : f32
    memref.store %s, %y[%i] : memref<16xf32>
  }
  return
}

// -----

// Parts of one entry point share functions; a small loop stays.
// CHECK:       func.func private @net_batch1_kernel(
// CHECK-LABEL: func.func @net_batch1(
// CHECK:         call @net_batch1_kernel(
// CHECK-LABEL: func.func @net_batch8(
// CHECK:         call @net_batch1_kernel(
// CHECK:         scf.for
func.func @net_batch1(%x: memref<8xf32>, %y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %x[%i] : memref<8xf32>
    memref.store %p, %y[%i] : memref<8xf32>
  }
  return
}
func.func @net_batch8(%x: memref<8xf32>, %y: memref<8xf32>, %z: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %c0 to %c8 step %c1 {
    %p = memref.load %x[%i] : memref<8xf32>
    memref.store %p, %y[%i] : memref<8xf32>
  }
  scf.for %i = %c0 to %c8 step %c1 {
    memref.store %zero, %z[%i] : memref<8xf32>
  }
  return
}
