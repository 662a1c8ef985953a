// RUN: nnq-opt %s --nnq-verify-llvm --split-input-file --verify-diagnostics

llvm.func @good(%x: !llvm.ptr) {
  llvm.return
}

// -----

// One error, although there are two such ops; the cast is only their trace.
llvm.func @bad(%x: !llvm.ptr) {
  %0 = builtin.unrealized_conversion_cast %x : !llvm.ptr to memref<4xf32>
  // expected-error @+1 {{'linalg.exp' op of layer 'act' is not lowered to LLVM; the fast path has no kernel for it: try --lower-to-llvm=reference}}
  linalg.exp {nnq.layer = "act"} ins(%0 : memref<4xf32>) outs(%0 : memref<4xf32>)
  linalg.exp ins(%0 : memref<4xf32>) outs(%0 : memref<4xf32>)
  llvm.return
}

// -----

llvm.func @trace(%x: !llvm.ptr) {
  // expected-error @+1 {{'builtin.unrealized_conversion_cast' op is not lowered to LLVM: nnq has no lowering for it}}
  %0 = builtin.unrealized_conversion_cast %x : !llvm.ptr to memref<4xf32>
  llvm.return
}
