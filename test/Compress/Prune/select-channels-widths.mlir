// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v4 --nnq-select-channels="ratio=0.3" --remarks-filter=nnq 2>&1 >/dev/null | FileCheck %s --check-prefix=SMALL
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-channels="latency=0.6 ranking=global precision=int8" --remarks-filter=nnq 2>&1 >/dev/null | FileCheck %s --check-prefix=INT8
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-channels="latency=0.6 ranking=global" --remarks-filter=nnq 2>&1 >/dev/null | FileCheck %s --check-prefix=F32

// As many channels as a register has lanes lose half of them, not single ones.
// SMALL: Layer=conv1, Remark="loses 8 of 16 channels"
// SMALL: Layer=conv2, Remark="loses 16 of 64 channels"

// The two precisions have kernels of their own.
// INT8: Layer=conv1, Remark="loses 8 of 16 channels"
// INT8: Layer=conv2, Remark="loses 16 of 64 channels"
// F32: Layer=conv1, Remark="loses 8 of 16 channels"
// F32: Layer=conv2, Remark="loses 8 of 64 channels"

func.func @net(%x: tensor<1x8x34x34xf32>) -> tensor<1x8x28x28xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<1.0> : tensor<16x8x3x3xf32>
  %w2 = arith.constant dense<1.0> : tensor<64x16x3x3xf32>
  %w3 = arith.constant dense<1.0> : tensor<8x64x3x3xf32>
  %e1 = tensor.empty() : tensor<1x16x32x32xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x16x32x32xf32>) -> tensor<1x16x32x32xf32>
  %e2 = tensor.empty() : tensor<1x64x30x30xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x64x30x30xf32>) -> tensor<1x64x30x30xf32>
  %e3 = tensor.empty() : tensor<1x8x28x28xf32>
  %z3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"} ins(%x, %w1 : tensor<1x8x34x34xf32>, tensor<16x8x3x3xf32>) outs(%z1 : tensor<1x16x32x32xf32>) -> tensor<1x16x32x32xf32>
  %1 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv2"} ins(%0, %w2 : tensor<1x16x32x32xf32>, tensor<64x16x3x3xf32>) outs(%z2 : tensor<1x64x30x30xf32>) -> tensor<1x64x30x30xf32>
  %2 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv3"} ins(%1, %w3 : tensor<1x64x30x30xf32>, tensor<8x64x3x3xf32>) outs(%z3 : tensor<1x8x28x28xf32>) -> tensor<1x8x28x28xf32>
  return %2 : tensor<1x8x28x28xf32>
}
