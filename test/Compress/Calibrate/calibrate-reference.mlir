// Calibration by the fast path sees what the reference computes, here to the
// bit: all sums are exact.

// RUN: nnq-opt %s --import --nnq-calibrate=data=%S/Inputs/x.npy -o %t.fast.mlir
// RUN: nnq-opt %s --import --nnq-calibrate="data=%S/Inputs/x.npy reference" -o %t.reference.mlir
// RUN: diff %t.fast.mlir %t.reference.mlir
// RUN: FileCheck %s --input-file=%t.fast.mlir

// The argument and the inputs of the other convolutions, which run in another
// layout; a padded tensor is observed without its border.
// CHECK: #nnq.tensor_stats<{{.*}}count = 12
// CHECK: nnq.layer = "relu1", nnq.stats = #nnq.tensor_stats<min = 0.000000e+00 : f64, max = 2.000000e+00 {{.*}}count = 24
// CHECK: nnq.layer = "add1", nnq.stats = #nnq.tensor_stats<min = -2.000000e+00 {{.*}}count = 24
#id = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
func.func @f(%x: tensor<1x3xf32>) -> (tensor<1x2x1x3xf32>) {
  %w1 = arith.constant dense<[[[[1.0, 0.0, 2.0]]], [[[-1.0, 1.0, -2.0]]]]> : tensor<2x1x1x3xf32>
  %w2 = arith.constant dense<[[[[1.0], [-1.0]], [[2.0], [1.0]]], [[[0.5], [1.0]], [[1.0], [-2.0]]]]> : tensor<2x2x2x1xf32>
  %w3 = arith.constant dense<[[[[1.0]], [[2.0]]], [[[-1.0]], [[1.0]]]]> : tensor<2x2x1x1xf32>
  %zero = arith.constant 0.0 : f32
  %image = tensor.expand_shape %x [[0], [1, 2, 3]] output_shape [1, 1, 1, 3]
    : tensor<1x3xf32> into tensor<1x1x1x3xf32>
  %p1 = tensor.pad %image low[0, 0, 0, 1] high[0, 0, 0, 1] {
    ^bb0(%a: index, %b: index, %c: index, %d: index):
      tensor.yield %zero : f32
  } : tensor<1x1x1x3xf32> to tensor<1x1x1x5xf32>
  %e = tensor.empty() : tensor<1x2x1x3xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x1x3xf32>) -> tensor<1x2x1x3xf32>
  %c1 = linalg.conv_2d_nchw_fchw {nnq.layer = "first"} ins(%p1, %w1 : tensor<1x1x1x5xf32>, tensor<2x1x1x3xf32>)
    outs(%init : tensor<1x2x1x3xf32>) -> tensor<1x2x1x3xf32>
  %r1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c1 : tensor<1x2x1x3xf32>) outs(%e : tensor<1x2x1x3xf32>) {
    ^bb0(%in: f32, %out: f32):
      %m = arith.maximumf %in, %zero : f32
      linalg.yield %m : f32
  } -> tensor<1x2x1x3xf32>
  %p2 = tensor.pad %r1 low[0, 0, 1, 0] high[0, 0, 0, 0] {
    ^bb0(%a: index, %b: index, %c: index, %d: index):
      tensor.yield %zero : f32
  } : tensor<1x2x1x3xf32> to tensor<1x2x2x3xf32>
  %c2 = linalg.conv_2d_nchw_fchw {nnq.layer = "second"} ins(%p2, %w2 : tensor<1x2x2x3xf32>, tensor<2x2x2x1xf32>)
    outs(%init : tensor<1x2x1x3xf32>) -> tensor<1x2x1x3xf32>
  %sum = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c2, %r1 : tensor<1x2x1x3xf32>, tensor<1x2x1x3xf32>) outs(%e : tensor<1x2x1x3xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
  } -> tensor<1x2x1x3xf32>
  %c3 = linalg.conv_2d_nchw_fchw {nnq.layer = "third"} ins(%sum, %w3 : tensor<1x2x1x3xf32>, tensor<2x2x1x1xf32>)
    outs(%init : tensor<1x2x1x3xf32>) -> tensor<1x2x1x3xf32>
  return %c3 : tensor<1x2x1x3xf32>
}
