// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-parallel --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-lower-parallel=threads=4 --split-input-file \
// RUN:   | FileCheck %s --check-prefix=FOUR
// RUN: nnq-opt %s --nnq-set-target="target=generic triple=aarch64-linux-gnu" --nnq-lower-parallel \
// RUN:   --split-input-file | FileCheck %s --check-prefix=ARM

// The second loop does not read what the first one writes; the third reads what
// both do.
// CHECK-LABEL: func.func @ranges
// CHECK: %[[STATE:.+]] = llvm.alloca {{.*}} {alignment = 128 : i64}
// CHECK: omp.parallel num_threads(%{{.+}} : i32) {
// CHECK:   %[[ID:.+]] = arith.index_cast
// CHECK:   %[[COUNT:.+]] = arith.index_cast
// CHECK:   call @ranges_by_team(%arg0, %arg1, %[[STATE]], %[[ID]], %[[COUNT]])
// CHECK:   omp.terminator
// CHECK: }
// CHECK: return
// CHECK-LABEL: func.func private @ranges_by_team
// CHECK-SAME: llvm.noalias
// CHECK-SAME: %[[STATE:[a-z0-9]+]]: !llvm.ptr, %[[ID:[a-z0-9]+]]: index, %[[COUNT:[a-z0-9]+]]: index)
// CHECK: %[[ALL:.+]] = arith.muli %[[ID]], %c8
// CHECK: %[[FIRST:.+]] = arith.divui %[[ALL]], %[[COUNT]]
// CHECK: scf.for %[[I:.+]] = %[[FIRST]] to
// CHECK-NOT: llvm.call @nnq_wait_for_team
// CHECK: scf.for
// CHECK: llvm.call @nnq_wait_for_team(%[[STATE]]
// CHECK: scf.for
// CHECK-NOT: llvm.call @nnq_wait_for_team
// CHECK: return

// The last thread that comes starts the next generation; others spin until they
// see it, and at last give their core away.
// CHECK: llvm.func @sched_yield() -> i32
// CHECK: llvm.func @nnq_wait_for_team(%[[ARRIVED:.+]]: !llvm.ptr, %[[THREADS:.+]]: i32)
// CHECK: %[[GENERATION:.+]] = llvm.getelementptr %[[ARRIVED]][128]
// CHECK: %[[MINE:.+]] = llvm.load %[[GENERATION]] atomic acquire
// CHECK: llvm.atomicrmw add %[[ARRIVED]], %{{.+}} acq_rel
// CHECK: llvm.cond_br
// CHECK: llvm.store %{{.+}}, %[[ARRIVED]] atomic monotonic
// CHECK: llvm.store %{{.+}}, %[[GENERATION]] atomic release
// CHECK: llvm.load %[[GENERATION]] atomic acquire
// CHECK: llvm.call @sched_yield()
// CHECK: llvm.call_intrinsic "llvm.x86.sse2.pause"()
// CHECK: llvm.func @__kmpc_bound_thread_num(!llvm.ptr) -> i32
// CHECK: llvm.func @__kmpc_bound_num_threads(!llvm.ptr) -> i32
// ARM: llvm.call_intrinsic "llvm.aarch64.hint"

// FOUR: %[[N:.+]] = llvm.mlir.constant(4 : i32)
// FOUR: omp.parallel num_threads(%[[N]] : i32)
func.func @ranges(%x: memref<8xf32> {llvm.noalias}, %arena: memref<96xi8> {llvm.noalias}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %a = memref.view %arena[%c0][] : memref<96xi8> to memref<8xf32>
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %x[%i] : memref<8xf32>
    memref.store %v, %a[%i] : memref<8xf32>
  }
  %b = memref.view %arena[%c32][] : memref<96xi8> to memref<8xf32>
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %x[%i] : memref<8xf32>
    memref.store %v, %b[%i] : memref<8xf32>
  }
  %c = memref.view %arena[%c64][] : memref<96xi8> to memref<8xf32>
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %a[%i] : memref<8xf32>
    %w = memref.load %b[%i] : memref<8xf32>
    %s = arith.addf %v, %w : f32
    memref.store %s, %c[%i] : memref<8xf32>
  }
  return
}

// -----

// Bytes that are written where others still read them, and arguments that may
// be the same.
// CHECK-LABEL: func.func private @reused_by_team
// CHECK: scf.for
// CHECK: llvm.call @nnq_wait_for_team
// CHECK: scf.for
// CHECK: llvm.call @nnq_wait_for_team
// CHECK: scf.for
// CHECK: return
func.func @reused(%x: memref<8xf32>, %y: memref<8xf32>, %arena: memref<48xi8> {llvm.noalias}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %a = memref.view %arena[%c0][] : memref<48xi8> to memref<8xf32>
  %b = memref.view %arena[%c16][] : memref<48xi8> to memref<8xf32>
  %f = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %a[%i] : memref<8xf32>
    memref.store %v, %y[%i] : memref<8xf32>
  }
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %f, %b[%i] : memref<8xf32>
  }
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %x[%i] : memref<8xf32>
    %w = memref.load %b[%i] : memref<8xf32>
    %s = arith.addf %v, %w : f32
    memref.store %s, %y[%i] : memref<8xf32>
  }
  return
}

// -----

// What is between loops is done by one thread, on which the others wait; a
// clock is read where it stands.
// CHECK-LABEL: func.func private @between_by_team
// CHECK-SAME: %[[ID:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index)
// CHECK: scf.for
// CHECK: llvm.call @nnq_wait_for_team
// CHECK: %[[CLOCK:.+]] = llvm.call_intrinsic "llvm.readcyclecounter"
// CHECK: %[[FIRST:.+]] = arith.cmpi eq, %[[ID]], %c0
// CHECK: scf.if %[[FIRST]] {
// CHECK:   memref.store %[[CLOCK]]
// CHECK:   %[[SUM:.+]] = memref.load
// CHECK:   memref.store %[[SUM]]
// CHECK: }
// CHECK: llvm.call @nnq_wait_for_team
// CHECK: scf.for
func.func @between(%x: memref<8xf32> {llvm.noalias}, %t: memref<1xi64> {llvm.noalias}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %f, %x[%i] : memref<8xf32>
  }
  %now = llvm.call_intrinsic "llvm.readcyclecounter"() : () -> i64
  memref.store %now, %t[%c0] : memref<1xi64>
  %s = memref.load %x[%c7] : memref<8xf32>
  memref.store %s, %x[%c0] : memref<8xf32>
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %x[%i] : memref<8xf32>
    %w = arith.addf %v, %v : f32
    memref.store %w, %x[%i] : memref<8xf32>
  }
  return
}

// -----

// The loop around loops is run by all threads, which wait at the end of each
// round. Of two dimensions the last is the fastest.
// CHECK-LABEL: func.func private @nested_by_team
// CHECK: scf.for %{{.+}} = %c0 to %c3
// CHECK:   scf.for %[[P:.+]] = %{{.+}} to
// CHECK:     %[[J:.+]] = arith.remui %[[P]], %c8
// CHECK:     %[[I:.+]] = arith.divui %[[P]], %c8
// CHECK:     memref.store %{{.+}}, %{{.+}}[%[[I]], %[[J]]]
// CHECK:   }
// CHECK:   llvm.call @nnq_wait_for_team
// CHECK: }
func.func @nested(%x: memref<4x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f32
  scf.for %k = %c0 to %c3 step %c1 {
    scf.parallel (%i, %j) = (%c0, %c0) to (%c4, %c8) step (%c1, %c1) {
      memref.store %f, %x[%i, %j] : memref<4x8xf32>
    }
  }
  return
}

// -----

// A global that is constant is nobody's; another may be anybody's.
memref.global "private" constant @weights : memref<8xf32> = dense<1.0>
memref.global "private" @state : memref<8xf32> = uninitialized
// CHECK-LABEL: func.func private @globals_by_team
// CHECK: scf.for
// CHECK-NOT: llvm.call @nnq_wait_for_team
// CHECK: scf.for
// CHECK: llvm.call @nnq_wait_for_team
// CHECK: scf.for
func.func @globals(%x: memref<8xf32> {llvm.noalias}, %y: memref<8xf32> {llvm.noalias}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %w = memref.get_global @weights : memref<8xf32>
  %s = memref.get_global @state : memref<8xf32>
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %w[%i] : memref<8xf32>
    memref.store %v, %x[%i] : memref<8xf32>
  }
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %w[%i] : memref<8xf32>
    memref.store %v, %y[%i] : memref<8xf32>
  }
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %w[%i] : memref<8xf32>
    memref.store %v, %s[%i] : memref<8xf32>
  }
  return
}

// -----

// A number that loops need is read by all threads, behind who wrote it; what
// nobody else needs is computed by one.
// CHECK-LABEL: func.func private @scalars_by_team
// CHECK: scf.if
// CHECK:   memref.store %{{.+}}, %[[S:.+]][%c0]
// CHECK: }
// CHECK: llvm.call @nnq_wait_for_team
// CHECK: %[[V:.+]] = memref.load %[[S]]
// CHECK: %[[TWICE:.+]] = arith.addf %[[V]], %[[V]]
// CHECK: scf.for
// CHECK: memref.store %[[TWICE]]
func.func @scalars(%x: memref<8xf32> {llvm.noalias}, %s: memref<1xf32> {llvm.noalias}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %f = arith.constant 1.0 : f32
  %before = memref.load %s[%c0] : memref<1xf32>
  %more = arith.addf %before, %f : f32
  memref.store %more, %s[%c0] : memref<1xf32>
  %v = memref.load %s[%c0] : memref<1xf32>
  %twice = arith.addf %v, %v : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %twice, %x[%i] : memref<8xf32>
  }
  return
}

// -----

// Matrices that are read are no reason to wait; those that are written are.
// CHECK-LABEL: func.func private @matrices_by_team
// CHECK: scf.for
// CHECK: nnq.matrix_load
// CHECK-NOT: llvm.call @nnq_wait_for_team
// CHECK: nnq.matrix_load
// CHECK: nnq.matrix_store
// CHECK: llvm.call @nnq_wait_for_team
// CHECK: nnq.matrix_load
func.func @matrices(%x: memref<8x64xi8> {llvm.noalias}, %y: memref<8x64xi8> {llvm.noalias}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    nnq.matrix_zero 0
    nnq.matrix_load 0, %x[%i, %c0] by 64 : memref<8x64xi8>
    nnq.matrix_dot 0, 1, 2
  }
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    nnq.matrix_load 0, %x[%i, %c0] by 64 : memref<8x64xi8>
    nnq.matrix_store 0, %y[%i, %c0] by 64 : memref<8x64xi8>
  }
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    nnq.matrix_load 0, %y[%i, %c0] by 64 : memref<8x64xi8>
  }
  return
}
