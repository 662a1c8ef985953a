// What each method makes of the same statistics.
// RUN: nnq-opt %s --nnq-choose-ranges | FileCheck %s --check-prefixes=CHECK,MINMAX
// RUN: nnq-opt %s --nnq-choose-ranges=calibration=moving-average \
// RUN:   | FileCheck %s --check-prefixes=CHECK,MOVING
// RUN: nnq-opt %s --nnq-choose-ranges="calibration=percentile percentile=90" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,PERCENTILE
// RUN: nnq-opt %s --nnq-choose-ranges="calibration=percentile percentile=100" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,MINMAX
// RUN: nnq-opt %s --nnq-choose-ranges="calibration=percentile percentile=90 activations=symmetric" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SYMMETRIC
// RUN: nnq-opt %s --nnq-choose-ranges=calibration=mse \
// RUN:   | FileCheck %s --check-prefixes=CHECK,MSE
// RUN: nnq-opt %s --nnq-choose-ranges=calibration=entropy \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ENTROPY
// A second time changes nothing, whatever the method.
// RUN: nnq-opt %s --nnq-choose-ranges=calibration=mse \
// RUN:   --nnq-choose-ranges=calibration=minmax | FileCheck %s --check-prefixes=CHECK,MSE

// Even over [-2, 2).
#even = #nnq.tensor_stats<min = -2.0, max = 1.999, mean = 0.0, second_moment = 1.0, count = 100,
  histogram = [0, 0, 25, 25, 25, 25, 0, 0], moving_min = -1.5, moving_max = 1.0>
// Most is within [0, 8), few in [8, 32), one at 400.
#outlier = #nnq.tensor_stats<min = 0.0, max = 400.0, mean = 4.0, second_moment = 21.0, count = 1000301,
  histogram = [1000000, 100, 100, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  moving_min = 0.0, moving_max = 10.0>

// CHECK-LABEL: @net
// MINMAX-SAME: nnq.quant_range = #nnq.quant_range<[-2.000000e+00, 1.999000e+00]>
// MOVING-SAME: nnq.quant_range = #nnq.quant_range<[-1.500000e+00, 1.000000e+00], clipped = 3.750000e-01 : f64>
// PERCENTILE-SAME: nnq.quant_range = #nnq.quant_range<[-1.800000e+00, 1.800000e+00], clipped = {{0.1000.*|0.0999.*|1.000000e-01}} : f64>
// SYMMETRIC-SAME: nnq.quant_range = #nnq.quant_range<[-1.800000e+00, 1.800000e+00], clipped = {{0.1000.*|0.0999.*|1.000000e-01}} : f64>
// MSE-SAME: nnq.quant_range = #nnq.quant_range<[-2.000000e+00, 1.999000e+00]>
// Each bin has a level of its own: nothing is lost without clipping.
// ENTROPY-SAME: nnq.quant_range = #nnq.quant_range<[-2.000000e+00, 1.999000e+00]>
func.func @net(%x: tensor<1x4xf32> {nnq.stats = #even}) -> tensor<1x4xf32> {
  // CHECK: linalg.exp
  // MINMAX-SAME: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 4.000000e+02]>
  // MOVING-SAME: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 1.000000e+01], clipped = 2.759{{[0-9]+}}E-4 : f64>
  // MSE-SAME: nnq.quant_range = #nnq.quant_range<[0.000000e+00, {{1[0-9.]+e\+02}}], clipped = 9.99{{[0-9]+}}E-7 : f64>
  // PERCENTILE-SAME: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 7.602{{[0-9]+}}e+00], clipped = {{0.0500.*|5.000000e-02}} : f64>
  // SYMMETRIC-SAME: nnq.quant_range = #nnq.quant_range<[-7.202{{[0-9]+}}e+00, 7.202{{[0-9]+}}e+00], clipped = {{0.1000.*|0.0999.*|1.000000e-01}} : f64>
  // ENTROPY-SAME: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 4.000000e+02]>
  %e = tensor.empty() : tensor<1x4xf32>
  %0 = linalg.exp {nnq.stats = #outlier} ins(%x : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // What is there stays.
  // CHECK: linalg.abs
  // CHECK-SAME: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 6.000000e+00], clipped = {{0.2[0-9]+}} : f64>
  %1 = linalg.abs {nnq.stats = #outlier, nnq.quant_range = #nnq.quant_range<[0.0, 6.0]>}
    ins(%0 : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  // Without statistics there is nothing to choose.
  // CHECK: linalg.negf
  // CHECK-NOT: nnq.quant_range
  %2 = linalg.negf ins(%1 : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}
