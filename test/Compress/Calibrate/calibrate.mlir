// RUN: nnq-opt %s --nnq-calibrate=data=%S/Inputs/x.npy --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ALL
// RUN: nnq-opt %s --nnq-calibrate=data=%S/Inputs/x.npy \
// RUN:   --nnq-calibrate=data=%S/Inputs/x.npy --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ALL
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/x.npy reference" \
// RUN:   --split-input-file | FileCheck %s --check-prefixes=CHECK,ALL
// RUN: nnq-opt %s --nnq-calibrate="data=%S/Inputs/arrays.npz key=features" \
// RUN:   --split-input-file | FileCheck %s --check-prefixes=CHECK,ALL
// RUN: nnq-opt %s --pass-pipeline='builtin.module(nnq-calibrate{data=%S/Inputs/x.npy samples=2})' \
// RUN:   --split-input-file | FileCheck %s --check-prefixes=CHECK,TWO

// The data are (1 0 -1), (2 0.5 0), (0 0 0), (-3 1 1).
// CHECK-LABEL: @linear
// ALL-SAME: min = -3.000000e+00 : f64, max = 2.000000e+00 : f64, mean = 1.250000e-01 : f64, second_moment = 1.437500e+00 : f64, count = 12, histogram = [
// TWO-SAME: min = -1.000000e+00 : f64, max = 2.000000e+00 : f64,
// TWO-SAME: count = 6, histogram = [
// Only inputs of convolutions and contractions are observed, before reshapes.
// CHECK: linalg.matmul {nnq.layer = "first"}
// CHECK: tensor.expand_shape
// CHECK-SAME: : tensor<1x2xf32> into
// The op computes -2 * |row sums|.
// CHECK: linalg.generic
// ALL-SAME: min = -5.000000e+00 : f64, max = 0.000000e+00 : f64
// TWO-SAME: min = -5.000000e+00 : f64, max = 0.000000e+00 : f64
// CHECK: linalg.matmul {nnq.layer = "last"}
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @linear(%x: tensor<1x3xf32>) -> tensor<1x1xf32> {
  %w1 = arith.constant dense<1.0> : tensor<3x2xf32>
  %w2 = arith.constant dense<1.0> : tensor<2x1xf32>
  %zero = arith.constant 0.0 : f32
  %two = arith.constant -2.0 : f32
  %e1 = tensor.empty() : tensor<1x2xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "first"} ins(%x, %w1 : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %r = tensor.expand_shape %0 [[0], [1, 2]] output_shape [1, 2, 1]
    : tensor<1x2xf32> into tensor<1x2x1xf32>
  %c = tensor.collapse_shape %r [[0], [1, 2]] : tensor<1x2x1xf32> into tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<1x2xf32>) outs(%e1 : tensor<1x2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %a = math.absf %in : f32
      %m = arith.mulf %a, %two : f32
      linalg.yield %m : f32
  } -> tensor<1x2xf32>
  %e2 = tensor.empty() : tensor<1x1xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %2 = tensor.expand_shape %1 [[0, 1], [2]] output_shape [1, 1, 2]
    : tensor<1x2xf32> into tensor<1x1x2xf32>
  %3 = tensor.collapse_shape %2 [[0, 1], [2]] : tensor<1x1x2xf32> into tensor<1x2xf32>
  %4 = linalg.matmul {nnq.layer = "last"} ins(%3, %w2 : tensor<1x2xf32>, tensor<2x1xf32>)
    outs(%f2 : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %4 : tensor<1x1xf32>
}

// -----

// A batch of two runs in two steps; an odd rest would be left out.
// CHECK-LABEL: @batch
// ALL-SAME: count = 12
// TWO-SAME: count = 6
func.func @batch(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
  %w = arith.constant dense<1.0> : tensor<3x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x1xf32>) -> tensor<2x1xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<2x3xf32>, tensor<3x1xf32>)
    outs(%f : tensor<2x1xf32>) -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

// Nothing feeds a convolution or contraction: nothing to observe.
// CHECK-LABEL: @nothing
// CHECK-NOT: nnq.stats
func.func @nothing(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
  return %x : tensor<1x3xf32>
}

// -----

// What stays in f32 or is quantized already needs no statistics.
// CHECK-LABEL: @not_needed
// CHECK-NOT: nnq.stats
func.func @not_needed(%x: tensor<1x3xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<3x1xf32>
  %w2 = arith.constant dense<1.0> : tensor<1x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.keep_f32 = "sensitive"}
    ins(%x, %w : tensor<1x3xf32>, tensor<3x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  %q = quant.qcast %0 : tensor<1x1xf32> to tensor<1x1x!quant.uniform<u8:f32, 0.5>>
  %d = quant.dcast %q : tensor<1x1x!quant.uniform<u8:f32, 0.5>> to tensor<1x1xf32>
  %1 = linalg.matmul ins(%d, %w2 : tensor<1x1xf32>, tensor<1x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
