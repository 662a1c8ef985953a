// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 triple=x86_64-unknown-linux-gnu" --nnq-locate-layers \
// RUN:   --convert-linalg-to-loops --nnq-profile-layers --nnq-plan-memory --nnq-export-entry | FileCheck %s

// Constants that a layer reads count once each, and for each layer that does;
// what is no constant does not.
// CHECK: llvm.mlir.global external constant @f_nnq_signature(
// CHECK-SAME: {\22kind\22:\22linear\22,\22macs\22:16,\22name\22:\22a\22,\22stored\22:40,\22type\22:\22f32\22,\22weights\22:64},
// CHECK-SAME: {\22kind\22:\22linear\22,\22macs\22:16,\22name\22:\22b\22,\22stored\22:24,\22type\22:\22f32\22,\22weights\22:64}
module attributes {nnq.layers = {
    a = {kind = "linear", macs = 16 : i64, type = f32, weights = 64 : i64},
    b = {kind = "linear", macs = 16 : i64, type = f32, weights = 64 : i64}}} {
memref.global "private" constant @values : memref<2x3xf32> = dense<1.0>
memref.global "private" constant @places : memref<16xi8> = dense<1>
memref.global "private" @variable : memref<16xi8> = dense<1>
func.func @f(%x: memref<1x2xf32>, %p: memref<16xi8>, %y: memref<1x3xf32> {bufferize.result}) {
  %values = memref.get_global @values : memref<2x3xf32>
  %again = memref.get_global @values : memref<2x3xf32>
  %places = memref.get_global @places : memref<16xi8>
  %variable = memref.get_global @variable : memref<16xi8>
  linalg.matmul {nnq.layer = "a"} ins(%x, %values : memref<1x2xf32>, memref<2x3xf32>) outs(%y : memref<1x3xf32>)
  linalg.matmul {nnq.layer = "a"} ins(%x, %again : memref<1x2xf32>, memref<2x3xf32>) outs(%y : memref<1x3xf32>)
  linalg.copy {nnq.layer = "a"} ins(%places : memref<16xi8>) outs(%p : memref<16xi8>)
  linalg.copy {nnq.layer = "a"} ins(%variable : memref<16xi8>) outs(%p : memref<16xi8>)
  linalg.matmul {nnq.layer = "b"} ins(%x, %values : memref<1x2xf32>, memref<2x3xf32>) outs(%y : memref<1x3xf32>)
  return
}
}
