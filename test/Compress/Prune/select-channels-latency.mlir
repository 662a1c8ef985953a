// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-channels="latency=0.5 ranking=global" --remarks-filter=nnq 2>&1 >/dev/null | FileCheck %s --check-prefix=GLOBAL
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-channels="macs=0.5 ranking=global" --remarks-filter=nnq 2>&1 >/dev/null | FileCheck %s --check-prefix=MACS
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-channels="latency=0.5" --remarks-filter=nnq 2>&1 >/dev/null | FileCheck %s --check-prefix=UNIFORM

// wide1 is one row: its weights come from beyond the second-level cache, which
// multiply-adds do not tell.
// GLOBAL-NOT: Layer=fc1, Remark="loses
// GLOBAL: Layer=wide1, Remark="loses 316 of 512 channels"
// MACS: Layer=fc1, Remark="loses 120 of 128 channels"
// MACS: Layer=wide1, Remark="loses 96 of 512 channels"
// UNIFORM: Layer=fc1, Remark="loses 64 of 128 channels"
// UNIFORM: Layer=wide1, Remark="loses 260 of 512 channels"

func.func @net(%x: tensor<64x16xf32>, %y: tensor<1x512xf32>) -> (tensor<64x8xf32>, tensor<1x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<1.0> : tensor<16x128xf32>
  %w2 = arith.constant dense<1.0> : tensor<128x8xf32>
  %v1 = arith.constant dense<1.0> : tensor<512x512xf32>
  %v2 = arith.constant dense<1.0> : tensor<512x8xf32>
  %e1 = tensor.empty() : tensor<64x128xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<64x128xf32>) -> tensor<64x128xf32>
  %e2 = tensor.empty() : tensor<64x8xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<64x8xf32>) -> tensor<64x8xf32>
  %e3 = tensor.empty() : tensor<1x512xf32>
  %z3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x512xf32>) -> tensor<1x512xf32>
  %e4 = tensor.empty() : tensor<1x8xf32>
  %z4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<1x8xf32>) -> tensor<1x8xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<64x16xf32>, tensor<16x128xf32>) outs(%z1 : tensor<64x128xf32>) -> tensor<64x128xf32>
  %1 = linalg.matmul {nnq.layer = "fc2"} ins(%0, %w2 : tensor<64x128xf32>, tensor<128x8xf32>) outs(%z2 : tensor<64x8xf32>) -> tensor<64x8xf32>
  %2 = linalg.matmul {nnq.layer = "wide1"} ins(%y, %v1 : tensor<1x512xf32>, tensor<512x512xf32>) outs(%z3 : tensor<1x512xf32>) -> tensor<1x512xf32>
  %3 = linalg.matmul {nnq.layer = "wide2"} ins(%2, %v2 : tensor<1x512xf32>, tensor<512x8xf32>) outs(%z4 : tensor<1x8xf32>) -> tensor<1x8xf32>
  return %1, %3 : tensor<64x8xf32>, tensor<1x8xf32>
}
