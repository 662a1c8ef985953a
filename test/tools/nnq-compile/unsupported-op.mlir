// RUN: not nnq-compile %s --reference -o %t.so 2>&1 | FileCheck %s
// RUN: not ls %t.so

// CHECK: unsupported-op.mlir:[[@LINE+5]]:8: error:
// CHECK-SAME: 'tosa.sigmoid'
// CHECK-SAME: layer 'act'
// CHECK-NOT: error
func.func @f(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = tosa.sigmoid %x {nnq.layer = "act"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
