// RUN: nnq-opt %s --nnq-set-target="target=x86-64-v3 triple=x86_64-unknown-linux-gnu" --nnq-plan-memory --nnq-export-entry | FileCheck %s

// CHECK: llvm.mlir.global external constant @f_nnq_signature("{\22entry\22:\22f\22,\22inputs\22:[{\22dtype\22:\22f32\22,\22shape\22:[1,16]},{\22dtype\22:\22u8\22,\22shape\22:[4]}],\22outputs\22:[{\22dtype\22:\22i64\22,\22shape\22:[]}],\22target\22:{\22cpu\22:\22x86-64-v3\22,\22features\22:\22\22,\22triple\22:\22x86_64-unknown-linux-gnu\22},\22weights\22:16,\22workspace\22:64}\00")
memref.global "private" constant @w : memref<4xf32> = dense<[1.0, 2.0, 3.0, 4.0]>
memref.global "private" @state : memref<4xf32> = uninitialized

// CHECK: func.func @f(%{{.*}}: memref<1x16xf32> {llvm.noalias}, %{{.*}}: memref<4xui8> {llvm.noalias}, %{{.*}}: memref<i64> {bufferize.result, llvm.noalias}, %{{.*}}: memref<64xi8> {llvm.align = 64 : i64, llvm.noalias, nnq.workspace})
// CHECK-SAME: nnq.signature = {entry = "f", inputs = [{dtype = "f32", shape = array<i64: 1, 16>}, {dtype = "u8", shape = array<i64: 4>}], outputs = [{dtype = "i64", shape = array<i64>}], weights = 16 : i64, workspace = 64 : i64}
func.func @f(%x: memref<1x16xf32>, %u: memref<4xui8>, %y: memref<i64> {bufferize.result}) {
  %a = memref.alloc() : memref<1x16xf32>
  memref.copy %x, %a : memref<1x16xf32> to memref<1x16xf32>
  memref.copy %a, %x : memref<1x16xf32> to memref<1x16xf32>
  return
}

// CHECK: func.func private @helper(%{{.*}}: memref<?xf32>)
func.func private @helper(%x: memref<?xf32>) {
  return
}

// What the network calls tensors is part of the signature.
// CHECK: func.func @named
// CHECK-SAME: nnq.signature = {entry = "named", inputs = [{dtype = "f32", name = "image:0", shape = array<i64: 4>}, {dtype = "f32", shape = array<i64: 4>}], outputs = [{dtype = "f32", name = "scores", shape = array<i64: 4>}],
func.func @named(%x: memref<4xf32> {nnq.tensor_name = "image:0"}, %s: memref<4xf32>, %y: memref<4xf32> {bufferize.result, nnq.tensor_name = "scores"}) {
  return
}

// Integers of MLIR have no sign, those of C do.
// CHECK: func.func @unsigned
// CHECK-SAME: nnq.signature = {entry = "unsigned", inputs = [{dtype = "u8", shape = array<i64: 4>}, {dtype = "i8", shape = array<i64: 4>}], outputs = [{dtype = "u16", shape = array<i64: 4>}],
func.func @unsigned(%x: memref<4xi8> {nnq.unsigned}, %s: memref<4xi8>, %y: memref<4xi16> {bufferize.result, nnq.unsigned}) {
  return
}
