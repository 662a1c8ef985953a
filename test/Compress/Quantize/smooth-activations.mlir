// RUN: nnq-opt %s --nnq-smooth-activations --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-smooth-activations=alpha=1 | FileCheck %s --check-prefix=ALL
// RUN: not nnq-opt %s --nnq-smooth-activations=alpha=1.5 -o /dev/null 2>&1 | FileCheck %s --check-prefix=ALPHA
// RUN: sed 's/, nnq.input_stats = .*/}/' %s > %t.none.mlir
// RUN: not nnq-opt %t.none.mlir --nnq-smooth-activations -o /dev/null 2>&1 | FileCheck %s --check-prefix=NONE
// ALPHA: error: alpha=1.5 is no share; pass 0 to 1
// NONE: error: smooths by the largest magnitude of each channel, which no layer has; pass data=FILE, or statistics=FILE of a calibration with input-statistics

// In f32 the network computes the same.
// RUN: nnq-opt %s --nnq-smooth-activations -o %t.mlir
// RUN: %python %inputs/make_arrays.py %t.npz x=f4:8x2x2:iota
// RUN: nnq-run %s --data %t.npz --repeat=0 --compare %t.mlir | FileCheck %s --check-prefix=SAME
// SAME: SQNR {{ *}}no noise

// Channels up to 16 and 1 meet weights up to 1 and 4: the factors are 4 and 0.5.
// They go into gamma and beta of a copy, for the other reader of the
// normalization; its statistics are those of its channels.
// CHECK-LABEL: @net
// CHECK:     %[[X:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[G:.*]], %[[B:.*]] : {{.*}} attrs = {nnq.layer = "norm", nnq.stats = #nnq.tensor_stats<min = -4.000000e+00 : f64, max = 2.000000e+00 : f64, mean = 1.125000e+00 : f64, second_moment = 2.031250e+00 : f64, count = 16, histogram = []>}
// CHECK:     linalg.generic {{.*}} ins(%{{.*}}, %cst{{.*}}, %cst{{.*}} : {{.*}} attrs = {nnq.layer = "norm", nnq.stats = #nnq.tensor_stats<min = -1.600000e+01
// CHECK:     %[[R:.*]] = tensor.collapse_shape %[[X]]
// CHECK:     linalg.matmul {nnq.input_stats = #nnq.input_stats<min = dense<{{\[\[}}-4.000000e+00, -2.000000e+00]]> : tensor<1x2xf32>, max = dense<{{\[\[}}2.000000e+00, 0.000000e+00]]> : tensor<1x2xf32>, mean = dense<{{\[\[}}2.500000e-01, 2.000000e+00]]> : tensor<1x2xf32>, second_moment = dense<{{\[\[}}6.250000e-02, 4.000000e+00]]> : tensor<1x2xf32>, count = 8, output_mean = dense<0.000000e+00> : tensor<2xf32>, correlation = dense_resource<{{.*}}> : tensor<1x3xf32>>, nnq.layer = "q"} ins(%[[R]], %cst
// REMARK-DAG: [Passed] nnq-smooth-activations | Category:nnq | Layer=q, Remark="what it reads is smoothed"
// REMARK-DAG: [Missed] nnq-smooth-activations | Category:nnq | Layer=o, Reason="no scale of channels is at hand in what it reads"
// ALL: nnq.stats = #nnq.tensor_stats<min = -1.000000e+00 : f64, max = 5.000000e-01

#d = affine_map<(i, j, k) -> (i, j, k)>
#c = affine_map<(i, j, k) -> (k)>
func.func @net(%x: tensor<1x2x2xf32>) -> (tensor<2x2xf32>, tensor<1x2x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %gamma = arith.constant dense<[8.0, 0.5]> : tensor<2xf32>
  %beta = arith.constant dense<[-2.0, 1.0]> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 0.5], [-4.0, 2.0]]> : tensor<2x2xf32>
  %w2 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2x2xf32>
  %0 = linalg.generic {indexing_maps = [#d, #c, #c, #d], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %gamma, %beta : tensor<1x2x2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<1x2x2xf32>)
      attrs = {nnq.layer = "norm", nnq.stats = #nnq.tensor_stats<min = -16.0, max = 8.0, mean = 0.5, second_moment = 2.0, count = 16, histogram = [1, 2]>} {
  ^bb0(%a: f32, %g: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %g : f32
    %s = arith.addf %m, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x2x2xf32>
  %1 = tensor.collapse_shape %0 [[0, 1], [2]] : tensor<1x2x2xf32> into tensor<2x2xf32>
  %e2 = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e2 : tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = linalg.matmul {nnq.layer = "q", nnq.input_stats = #nnq.input_stats<min = dense<[[-16.0, -1.0]]> : tensor<1x2xf32>, max = dense<[[8.0, 0.0]]> : tensor<1x2xf32>, mean = dense<1.0> : tensor<1x2xf32>, second_moment = dense<1.0> : tensor<1x2xf32>, count = 8, output_mean = dense<0.0> : tensor<2xf32>, correlation = dense<1.0> : tensor<1x3xf32>>}
    ins(%1, %w : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = linalg.matmul {nnq.layer = "o", nnq.input_stats = #nnq.input_stats<min = dense<0.0> : tensor<1x2xf32>, max = dense<1.0> : tensor<1x2xf32>, mean = dense<1.0> : tensor<1x2xf32>, second_moment = dense<1.0> : tensor<1x2xf32>, count = 8, output_mean = dense<0.0> : tensor<2xf32>>}
    ins(%2, %w2 : tensor<2x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %3, %0 : tensor<2x2xf32>, tensor<1x2x2xf32>
}
