// RUN: nnq-opt %s --nnq-loop-over-batch --split-input-file --verify-diagnostics

// expected-error @below {{'net_batch1' has no 'nnq.signature'; run --nnq-export-entry before}}
llvm.func @net_batch1(%x: !llvm.ptr, %y: !llvm.ptr, %a: !llvm.ptr)
    attributes {nnq.batch = #nnq.batch<entry = "net", tile = 1, inputs = [true], outputs = [true]>} {
  llvm.return
}

// -----

#signature = {entry = "net", inputs = [{dtype = "f32", shape = array<i64: -1, 4>}],
  outputs = [{dtype = "f32", shape = array<i64: -1>}], weights = 0 : i64, workspace = 64 : i64}
// expected-error @below {{no function computes single samples of 'net'}}
llvm.func @net_batch2(%x: !llvm.ptr, %y: !llvm.ptr, %a: !llvm.ptr)
    attributes {nnq.signature = #signature, nnq.batch = #nnq.batch<entry = "net", tile = 2, inputs = [true], outputs = [true]>} {
  llvm.return
}

// -----

#signature = {entry = "net", inputs = [{dtype = "f32", shape = array<i64: -1, 4>}],
  outputs = [{dtype = "f32", shape = array<i64: -1>}], weights = 0 : i64, workspace = 64 : i64}
// expected-error @below {{'net_batch1' does not take what 'nnq.signature' says}}
llvm.func @net_batch1(%x: !llvm.ptr, %a: !llvm.ptr)
    attributes {nnq.signature = #signature, nnq.batch = #nnq.batch<entry = "net", tile = 1, inputs = [true], outputs = [true]>} {
  llvm.return
}
