// RUN: nnq-opt %s --split-input-file --nnq-set-target="target=x86-64-v3 triple=x86_64-unknown-linux-gnu" --nnq-export-entry --verify-diagnostics | FileCheck %s

// One signature for both parts, with an open first size and the larger workspace.
// CHECK-COUNT-1: llvm.mlir.global external constant @net_nnq_signature("{\22entry\22:\22net\22,\22inputs\22:[{\22dtype\22:\22f32\22,\22shape\22:[-1,4]},{\22dtype\22:\22f32\22,\22shape\22:[4]}],\22outputs\22:[{\22dtype\22:\22f32\22,\22shape\22:[-1]}],{{.*}}\22workspace\22:512}\00")
// CHECK-NOT: llvm.mlir.global
// CHECK: func.func @net_batch8
// CHECK-SAME: workspace = 512
func.func @net_batch8(%x: memref<8x4xf32>, %t: memref<4xf32>, %y: memref<8xf32> {bufferize.result}, %a: memref<512xi8> {nnq.workspace})
    attributes {nnq.batch = #nnq.batch<entry = "net", tile = 8, inputs = [true, false], outputs = [true]>} {
  return
}
// CHECK: func.func @net_batch1
// CHECK-SAME: workspace = 512
func.func @net_batch1(%x: memref<1x4xf32>, %t: memref<4xf32>, %y: memref<1xf32> {bufferize.result}, %a: memref<64xi8> {nnq.workspace})
    attributes {nnq.batch = #nnq.batch<entry = "net", tile = 1, inputs = [true, false], outputs = [true]>} {
  return
}

// -----

// expected-error @below {{'nnq.batch' does not fit the arguments of 'net_batch1'}}
func.func @net_batch1(%x: memref<2x4xf32>, %y: memref<1xf32> {bufferize.result}, %a: memref<64xi8> {nnq.workspace})
    attributes {nnq.batch = #nnq.batch<entry = "net", tile = 1, inputs = [true], outputs = [true]>} {
  return
}
