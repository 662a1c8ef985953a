// RUN: nnq-opt %s --nnq-verify-quantized | FileCheck %s

!x = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.5, 0.25}>

// CHECK-LABEL: @quantized
func.func @quantized(%xq: tensor<4x3x!x>) -> tensor<4x2xf32> {
  %ws = arith.constant dense<[[-127, 0], [1, 2], [3, 127]]> : tensor<3x2xi8>
  %wq = quant.scast %ws : tensor<3x2xi8> to tensor<3x2x!w>
  %w = quant.dcast %wq : tensor<3x2x!w> to tensor<3x2xf32>
  %x = quant.dcast %xq : tensor<4x3x!x> to tensor<4x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// CHECK-LABEL: @dynamic_and_kept
func.func @dynamic_and_kept(%y: tensor<4x3xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %ws = arith.constant dense<1> : tensor<3x2xi8>
  %wq = quant.scast %ws : tensor<3x2xi8> to tensor<3x2x!w>
  %w = quant.dcast %wq : tensor<3x2x!w> to tensor<3x2xf32>
  %q, %s, %z = nnq.dynamic_qcast %y : tensor<4x3xf32> -> tensor<4x3xi8>
  %x = nnq.dynamic_dcast %q, %s, %z : tensor<4x3xi8> -> tensor<4x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  %1 = linalg.matmul {nnq.keep_f32 = "sensitive"}
    ins(%y, %w : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}
