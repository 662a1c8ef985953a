// RUN: nnq-opt %s --nnq-expand-quant-reference --verify-diagnostics

// A type without a scale.
func.func @any(%x: tensor<4xi8>) -> tensor<4xf32> {
  %q = quant.scast %x : tensor<4xi8> to tensor<4x!quant.any<i8:f32>>
  // expected-error @+1 {{failed to legalize operation 'quant.dcast'}}
  %d = quant.dcast %q : tensor<4x!quant.any<i8:f32>> to tensor<4xf32>
  return %d : tensor<4xf32>
}
