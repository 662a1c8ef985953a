// RUN: %python %inputs/make_arrays.py %t.npz fc1=f4:4:iota
// RUN: %python %inputs/make_arrays.py %t.gradients.npz fc1=f4:4x3:iota
// RUN: %python %inputs/make_arrays.py %t.short.npz fc1=f4:3:iota
// RUN: %python %inputs/make_arrays.py %t.nan.npz fc1=f4:4:nan
// RUN: %python %inputs/make_arrays.py %t.other.npz fc3=f4:4:iota
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.5 round-to=1 criterion=bn-scale scales=%t.npz" | FileCheck %s
// RUN: nnq-opt %s --nnq-select-channels="ratio=0.5 round-to=1 criterion=taylor gradients=%t.gradients.npz" | FileCheck %s --check-prefix=TAYLOR
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=bn-scale scales=%t.short.npz" 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=bn-scale scales=%t.nan.npz" 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=bn-scale scales=%t.other.npz" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not nnq-opt %s --nnq-select-channels="ratio=0.5 criterion=taylor gradients=%t.npz" 2>&1 | FileCheck %s --check-prefix=SHAPE

// CHECK: nnq.layer = "fc1", nnq.remove_channels = array<i64: 0, 1>
// The gradients of a channel are a row: sums of 3, 12, -21 and 0 times a weight.
// TAYLOR: nnq.layer = "fc1", nnq.remove_channels = array<i64: 0, 3>
// SHORT: error: {{.*}}layer 'fc1' scales has 3 numbers for its 4 channels
// NAN: error: {{.*}}layer 'fc1' {{.*}}array 'fc1' is not finite
// OTHER: error: {{.*}}layer 'fc1' its channels are not ranked: {{.*}}array 'fc1': there is none; the file has: fc3; exclude the layer or add the array
// SHAPE: error: {{.*}}layer 'fc1' gradients is of another shape than its weights

func.func @net(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[1.0, 1.0, -1.0, 0.0], [1.0, 1.0, -1.0, 0.0], [1.0, 1.0, -1.0, 0.0]]> : tensor<3x4xf32>
  %w2 = arith.constant dense<1.0> : tensor<4x2xf32>
  %e4 = tensor.empty() : tensor<1x4xf32>
  %z4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x3xf32>, tensor<3x4xf32>) outs(%z4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = linalg.matmul {nnq.layer = "fc2"} ins(%0, %w2 : tensor<1x4xf32>, tensor<4x2xf32>) outs(%z2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
