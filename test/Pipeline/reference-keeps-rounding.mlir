// Quantization followed by dequantization rounds, whatever pass runs on it.
// RUN: nnq-opt %s --lower-to-llvm=reference=true | FileCheck %s

// CHECK-LABEL: llvm.func @f
// CHECK: llvm.fdiv
// CHECK: llvm.intr.roundeven
// CHECK: llvm.fmul
!q = !quant.uniform<u8:f32, 0.5:3>
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = quant.qcast %x : tensor<4xf32> to tensor<4x!q>
  %1 = quant.dcast %0 : tensor<4x!q> to tensor<4xf32>
  return %1 : tensor<4xf32>
}
