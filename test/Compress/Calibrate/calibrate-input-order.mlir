// What layers multiply is told apart by input channels, however tensors lie in
// memory between convolutions.

// RUN: %python %inputs/make_arrays.py %t.npy x=f4:1x2x4x4:iota
// RUN: nnq-opt %s --nnq-calibrate="data=%t.npy correlations=.* reference" | sed "s/nnq.stats = .*//" > %t.reference.mlir
// RUN: nnq-opt %s --nnq-calibrate="data=%t.npy correlations=.*" | sed "s/nnq.stats = .*//" > %t.run.mlir
// RUN: diff %t.reference.mlir %t.run.mlir
// RUN: FileCheck %s --input-file=%t.run.mlir
// CHECK: nnq.input_stats = {{.*}}, nnq.layer = "conv1"
// CHECK: nnq.input_stats = {{.*}}, nnq.layer = "conv2"


func.func @net(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[[[0.5]], [[0.5]]], [[[1.0]], [[1.0]]], [[[2.0]], [[2.0]]]]> : tensor<3x2x1x1xf32>
  %v = arith.constant dense<1.0> : tensor<2x3x3x3xf32>
  %e = tensor.empty() : tensor<1x3x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv1"} ins(%x, %w : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32>) outs(%f : tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %p = tensor.pad %0 low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<1x3x4x4xf32> to tensor<1x3x6x6xf32>
  %e2 = tensor.empty() : tensor<1x2x4x4xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv2"} ins(%p, %v : tensor<1x3x6x6xf32>, tensor<2x3x3x3xf32>) outs(%f2 : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}
