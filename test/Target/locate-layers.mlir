// RUN: nnq-opt %s --nnq-locate-layers --convert-linalg-to-loops --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s
// RUN: nnq-opt %s --nnq-locate-layers --nnq-locate-layers --mlir-print-debuginfo --mlir-print-local-scope \
// RUN:   | FileCheck %s --check-prefix=ONCE

// CHECK-LABEL: @f
func.func @f(%x: memref<4xf32>, %y: memref<4xf32>, %v: f32) {
  // CHECK: scf.for
  // CHECK: memref.store {{.*}} loc("act"("{{.*}}locate-layers.mlir":[[@LINE+3]]:3))
  // CHECK: } loc("act"("{{.*}}locate-layers.mlir":[[@LINE+2]]:3))
  // ONCE: linalg.fill {{.*}} loc("act"("{{.*}}locate-layers.mlir":[[@LINE+1]]:3))
  linalg.fill {nnq.layer = "act"} ins(%v : f32) outs(%x : memref<4xf32>)
  // Without a layer the location stays.
  // CHECK: memref.copy {{.*}} loc("{{.*}}locate-layers.mlir":[[@LINE+1]]:3)
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  return
}
