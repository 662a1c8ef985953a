// RUN: nnq-opt %s --nnq-loop-over-batch | FileCheck %s
// RUN: nnq-opt %s --nnq-loop-over-batch --nnq-loop-over-batch | FileCheck %s

#signature = {entry = "net",
  inputs = [{dtype = "f32", shape = array<i64: -1, 4>}, {dtype = "u8", shape = array<i64: 3>}],
  outputs = [{dtype = "i8", shape = array<i64: -1>}], weights = 0 : i64, workspace = 64 : i64}

// Larger tiles come first, whatever the order of the functions.
// CHECK: llvm.func @net_batch1({{.*}}) {
// CHECK: llvm.func @net_batch8({{.*}}) {
llvm.func @net_batch1(%x: !llvm.ptr {llvm.noalias}, %t: !llvm.ptr {llvm.noalias}, %y: !llvm.ptr {llvm.noalias}, %a: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias})
    attributes {nnq.signature = #signature, nnq.batch = #nnq.batch<entry = "net", tile = 1, inputs = [true, false], outputs = [true]>} {
  llvm.return
}
llvm.func @net_batch8(%x: !llvm.ptr {llvm.noalias}, %t: !llvm.ptr {llvm.noalias}, %y: !llvm.ptr {llvm.noalias}, %a: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias})
    attributes {nnq.signature = #signature, nnq.batch = #nnq.batch<entry = "net", tile = 8, inputs = [true, false], outputs = [true]>} {
  llvm.return
}

// CHECK: llvm.func @net(%[[X:.*]]: !llvm.ptr {llvm.noalias}, %[[T:.*]]: !llvm.ptr {llvm.noalias}, %[[Y:.*]]: !llvm.ptr {llvm.noalias}, %[[N:.*]]: i64, %[[A:.*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias})
// CHECK-SAME: nnq.signature
// CHECK: %[[ZERO:.*]] = llvm.mlir.constant(0 : i64)
// CHECK: llvm.br ^[[HEAD8:.*]](%[[ZERO]] : i64)
// CHECK: ^[[HEAD8]](%[[I:.*]]: i64):
// CHECK: %[[EIGHT:.*]] = llvm.mlir.constant(8 : i64)
// CHECK: %[[NEXT:.*]] = llvm.add %[[I]], %[[EIGHT]]
// CHECK: %[[FITS:.*]] = llvm.icmp "sle" %[[NEXT]], %[[N]]
// CHECK: llvm.cond_br %[[FITS]], ^[[BODY:.*]], ^[[REST:.*]]
// CHECK: ^[[BODY]]:
// CHECK: %[[BYTES:.*]] = llvm.mlir.constant(16 : i64)
// CHECK: %[[OFFSET:.*]] = llvm.mul %[[I]], %[[BYTES]]
// CHECK: %[[XI:.*]] = llvm.getelementptr inbounds %[[X]][%[[OFFSET]]]
// CHECK: %[[YI:.*]] = llvm.getelementptr inbounds %[[Y]]
// CHECK: llvm.call @net_batch8(%[[XI]], %[[T]], %[[YI]], %[[A]])
// CHECK: llvm.br ^[[HEAD8]](%[[NEXT]] : i64)
// CHECK: ^[[REST]]:
// CHECK: llvm.br ^[[HEAD1:.*]](%[[I]] : i64)
// CHECK: llvm.call @net_batch1
// CHECK: llvm.return
