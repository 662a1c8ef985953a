// RUN: nnq-opt %s --nnq-verify-quantized --split-input-file --verify-diagnostics

func.func @not_quantized(%x: tensor<4x3xf32>, %w: tensor<3x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  // expected-error @below {{layer 'a' is neither quantized nor marked to stay in f32 by 'nnq.keep_f32'; run --nnq-quantize}}
  %0 = linalg.matmul {nnq.layer = "a"} ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  // expected-error @below {{layer 'b' has lost the quantization of operand 0: upstream folders cancel quantize-dequantize pairs}}
  %1 = linalg.matmul {nnq.layer = "b", nnq.provenance = #nnq.provenance<layer = "b",
      technique = "quantize-int8", bits_before = 32, bits_after = 8>}
    ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

!x = !quant.uniform<i8:f32:1, {0.5, 0.5, 0.5}>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.5:1, 0.25}>
func.func @zero_point_of_weights(%xq: tensor<4x3x!x>) -> tensor<4x2xf32> {
  %ws = arith.constant dense<[[-128, 0], [1, 2], [3, 127]]> : tensor<3x2xi8>
  %wq = quant.scast %ws : tensor<3x2xi8> to tensor<3x2x!w>
  %w = quant.dcast %wq : tensor<3x2x!w> to tensor<3x2xf32>
  %x = quant.dcast %xq : tensor<4x3x!x> to tensor<4x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  // expected-error @below {{layer 'fc' has weights of narrow range with a zero point other than 0}}
  // expected-error @below {{layer 'fc' has the weight -128 outside of the range of -127 to 127}}
  // expected-error @below {{layer 'fc' has an activation with more than one scale}}
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

!x = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<u8:f32, 0.5:3>
func.func @unsigned_weights(%xq: tensor<4x3x!x>) -> tensor<4x2xf32> {
  %ws = arith.constant dense<1> : tensor<3x2xi8>
  %wq = quant.scast %ws : tensor<3x2xi8> to tensor<3x2x!w>
  %w = quant.dcast %wq : tensor<3x2x!w> to tensor<3x2xf32>
  %x = quant.dcast %xq : tensor<4x3x!x> to tensor<4x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  // expected-error @below {{layer 'fc' has weights that are neither i8 nor i4: '!quant.uniform<u8:f32}}
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @parameters(%x: tensor<4xf32>) {
  // expected-error @below {{layer 'a' has the zero point 300 outside of the range of 0 to 255}}
  %0 = quant.qcast %x {nnq.layer = "a"} : tensor<4xf32> to tensor<4x!quant.uniform<u8:f32, 0.5:300>>
  // 0.1 is no f32.
  // expected-error @below {{layer 'b' has a scale that is not a finite, positive f32}}
  %1 = quant.qcast %x {nnq.layer = "b"} : tensor<4xf32> to tensor<4x!quant.uniform<u8:f32, 0.1>>
  return
}
