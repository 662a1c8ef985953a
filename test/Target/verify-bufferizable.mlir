// RUN: nnq-opt %s --nnq-verify-bufferizable --verify-diagnostics

func.func @good(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = linalg.exp ins(%x : tensor<2x4xf32>) outs(%x : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// One error, for the first of them.
func.func @bad(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{'tosa.sigmoid' op of layer 'act' has no lowering to buffers}}
  %0 = tosa.sigmoid %x {nnq.layer = "act"} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = tosa.sigmoid %0 {nnq.layer = "act2"} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}
