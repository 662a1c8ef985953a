// Errors do not print the op, which may be the whole network, unless asked to.
// RUN: not nnq-opt %s --nnq-export-entry 2>&1 | FileCheck %s --implicit-check-not="see current operation"
// RUN: not nnq-opt %s --nnq-export-entry --mlir-print-op-on-diagnostic 2>&1 | FileCheck %s --check-prefix=ASKED

// CHECK: error: module has no 'nnq.target'
// ASKED: error: module has no 'nnq.target'
// ASKED: note: see current operation
func.func @f(%x: memref<1x4xf32>) {
  return
}
