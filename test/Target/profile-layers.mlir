// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 triple=x86_64-unknown-linux-gnu" --nnq-locate-layers \
// RUN:   --convert-linalg-to-loops --nnq-profile-layers --nnq-plan-memory --nnq-export-entry | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target="target=aarch64" --nnq-profile-layers \
// RUN:   | FileCheck %s --check-prefix=ARM

// The layers are told in the order of the counters, each once.
// CHECK: llvm.mlir.global external constant @f_nnq_signature(
// CHECK-SAME: \22layers\22:[
// CHECK-SAME: {\22kind\22:\22data movement\22,\22macs\22:0,\22name\22:\22fc\22,\22type\22:\22\22},
// CHECK-SAME: {\22factors\22:16,\22kind\22:\22linear\22,\22macs\22:16,\22name\22:\22fc\22,\22type\22:\22f32\22,\22weights\22:64,\22zeros\22:2},
// CHECK-SAME: {\22kind\22:\22relu\22,\22macs\22:0,\22name\22:\22act\22,\22type\22:\22\22},
// CHECK-SAME: {\22kind\22:\22data movement\22,\22macs\22:0,\22name\22:\22act\22,\22type\22:\22\22}
// CHECK-SAME: ]
// CHECK: llvm.mlir.global external @f_nnq_ticks(dense<0> : tensor<4xi64>) {{.*}} : !llvm.array<4 x i64>

module attributes {nnq.layers = {
    fc = {factors = 16 : i64, kind = "linear", macs = 16 : i64, type = f32, weights = 64 : i64, zeros = 2 : i64},
    act = {kind = "relu"}}} {
// CHECK-LABEL: func.func @f
// CHECK-SAME: nnq.layers = [
func.func @f(%x: memref<1x4xf32>, %w: memref<4x4xf32>, %y: memref<1x4xf32> {bufferize.result}) {
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<1x4xf32>
  %b = memref.alloc() : memref<1x4xf32>
  // The fill has no layer: movement for the next one.
  // CHECK: %[[T0:.*]] = llvm.call_intrinsic "llvm.readcyclecounter"() : () -> i64
  // CHECK-NEXT: scf.for
  // CHECK: %[[T1:.*]] = llvm.call_intrinsic "llvm.readcyclecounter"() : () -> i64
  // CHECK-NEXT: %[[TICKS:.*]] = llvm.mlir.addressof @f_nnq_ticks
  // CHECK-NEXT: %[[AT:.*]] = llvm.getelementptr %[[TICKS]][0]
  // CHECK-NEXT: %[[TIME:.*]] = llvm.sub %[[T1]], %[[T0]]
  // CHECK-NEXT: %[[OLD:.*]] = llvm.load %[[AT]]
  // CHECK-NEXT: %[[SUM:.*]] = llvm.add %[[OLD]], %[[TIME]]
  // CHECK-NEXT: llvm.store %[[SUM]], %[[AT]]
  // ARM: llvm.call_intrinsic "llvm.readsteadycounter"
  linalg.fill ins(%zero : f32) outs(%a : memref<1x4xf32>)
  // CHECK: scf.for
  linalg.matmul {nnq.layer = "fc"} ins(%x, %w : memref<1x4xf32>, memref<4x4xf32>) outs(%a : memref<1x4xf32>)
  // CHECK: %[[T2:.*]] = llvm.call_intrinsic "llvm.readcyclecounter"
  // CHECK: llvm.getelementptr %{{.*}}[1]
  // CHECK-NEXT: llvm.sub %[[T2]], %[[T1]]
  // CHECK: scf.for
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"], nnq.layer = "act"}
      ins(%a : memref<1x4xf32>) outs(%b : memref<1x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %m = arith.maximumf %in, %zero : f32
      linalg.yield %m : f32
  }
  // Two loops of one layer are one row, with no clock between them.
  // CHECK-NOT: call_intrinsic
  // CHECK: scf.for
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"], nnq.layer = "act"}
      outs(%b : memref<1x4xf32>) {
    ^bb0(%out: f32):
      %m = arith.maximumf %out, %zero : f32
      linalg.yield %m : f32
  }
  // What comes last is movement of the last layer.
  // CHECK: llvm.call_intrinsic "llvm.readcyclecounter"
  // CHECK: llvm.getelementptr %{{.*}}[2]
  // CHECK: memref.copy
  // CHECK: %[[END:.*]] = llvm.call_intrinsic "llvm.readcyclecounter"
  // CHECK: llvm.getelementptr %{{.*}}[3]
  // CHECK: return
  memref.copy %b, %y : memref<1x4xf32> to memref<1x4xf32>
  return
}

// A helper is no entry point.
// CHECK-LABEL: func.func private @helper
// CHECK-NOT: call_intrinsic
func.func private @helper(%x: memref<4xf32>, %v: f32) {
  linalg.fill {nnq.layer = "fc"} ins(%v : f32) outs(%x : memref<4xf32>)
  return
}

// Counters of what computes single samples of a batch go by the entry point.
// CHECK-LABEL: func.func @net_batch1
// CHECK: llvm.mlir.addressof @net_nnq_ticks
func.func @net_batch1(%x: memref<1x4xf32>, %y: memref<1x4xf32> {bufferize.result}) attributes {
    nnq.batch = #nnq.batch<entry = "net", tile = 1, inputs = [true], outputs = [true]>} {
  memref.copy %x, %y {nnq.layer = "act"} : memref<1x4xf32> to memref<1x4xf32>
  return
}
}
