// RUN: not nnq-opt %s --nnq-lower-quantization=activation-storage=u16 2>&1 | FileCheck %s
// CHECK: u16
func.func @f() {
  return
}
