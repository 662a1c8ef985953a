// RUN: nnq-opt %s --nnq-select-channels="ratio=0.3 round-to=1 criterion=obs" | FileCheck %s --check-prefix=OBS
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.3 round-to=1 criterion=activation" | FileCheck %s --check-prefix=ACTIVATION
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.3 round-to=1" | FileCheck %s --check-prefix=NORM

// What reads the channels has no correlations. The first one hardly varies,
// the second is the least in square, the third is multiplied by the least.
// OBS: nnq.remove_channels = array<i64: 0>
// ACTIVATION: nnq.remove_channels = array<i64: 1>
// NORM: nnq.remove_channels = array<i64: 2>
func.func @net(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<1.0> : tensor<1x3xf32>
  %w2 = arith.constant dense<[[1.0], [1.0], [0.5]]> : tensor<3x1xf32>
  %e3 = tensor.empty() : tensor<1x3xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %e1 = tensor.empty() : tensor<1x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x1xf32>, tensor<1x3xf32>) outs(%f3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %1 = linalg.matmul {nnq.layer = "fc2", nnq.input_stats = #nnq.input_stats<min = dense<0.0> : tensor<1x3xf32>, max = dense<3.0> : tensor<1x3xf32>, mean = dense<[[3.0, 0.0, 0.0]]> : tensor<1x3xf32>, second_moment = dense<[[9.01, 1.0, 8.0]]> : tensor<1x3xf32>, count = 8, output_mean = dense<0.0> : tensor<1xf32>>}
    ins(%0, %w2 : tensor<1x3xf32>, tensor<3x1xf32>) outs(%f1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
