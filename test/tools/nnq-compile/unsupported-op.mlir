// RUN: rm -f %t.so
// RUN: not nnq-compile %s --reference -o %t.so 2>&1 | FileCheck %s
// RUN: not ls %t.so

// CHECK: unsupported-op.mlir:[[@LINE+5]]:8: error:
// CHECK-SAME: 'tosa.custom'
// CHECK-SAME: layer 'act'
// CHECK-NOT: error
func.func @f(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = tosa.custom %x {nnq.layer = "act", operator_name = "o", domain_name = "d", implementation_attrs = ""} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
