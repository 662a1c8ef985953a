// RUN: nnq-opt %s --lower-to-llvm=reference | mlir-translate --mlir-to-llvmir | FileCheck %s

// A pair of casts rounds, wherever the canonicalizer runs.
// CHECK: define dso_local void @f(
// CHECK: fdiv float
// CHECK: @llvm.roundeven.f32
!q = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!q>
  %d = quant.dcast %q : tensor<4x!q> to tensor<4xf32>
  return %d : tensor<4xf32>
}
