// Statistics that a method cannot use leave the whole range, which is said.
// RUN: nnq-opt %s --nnq-choose-ranges=calibration=mse --remarks-filter-missed=nnq-choose-ranges 2>&1 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,HISTOGRAM
// RUN: nnq-opt %s --nnq-choose-ranges=calibration=moving-average --remarks-filter-missed=nnq-choose-ranges 2>&1 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,MOVING
// RUN: nnq-opt %s --nnq-choose-ranges --remarks-filter-missed=nnq-choose-ranges 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MINMAX
// RUN: not nnq-opt %s --nnq-choose-ranges="calibration=percentile percentile=101" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SHARE
// RUN: not nnq-opt %s --quantize-int8="calibration=percentile percentile=0" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=NOTHING
// RUN: not nnq-opt %s --nnq-choose-ranges=calibration=best 2>&1 | FileCheck %s --check-prefix=VALUE

// HISTOGRAM: remark: [Missed] ChooseRange | Category:nnq-choose-ranges | Reason="its statistics have no histogram", Remark="the input of layer 'fc' keeps its whole range"
// MOVING: remark: [Missed] ChooseRange | Category:nnq-choose-ranges | Reason="its statistics have no moving averages", Remark="the input of layer 'fc' keeps its whole range"
// MINMAX-NOT: remark
// CHECK: nnq.quant_range = #nnq.quant_range<[-1.000000e+00, 2.000000e+00]>
// SHARE: error: percentile=101 is no share; pass more than 0 and at most 100
// NOTHING: error: percentile=0 is no share; pass more than 0 and at most 100
// VALUE: unknown value 'best', expected one of: minmax, moving-average, percentile, mse, entropy

#s = #nnq.tensor_stats<min = -1.0, max = 2.0, mean = 0.0, second_moment = 1.0, count = 4, histogram = []>
func.func @net(%x: tensor<1x3xf32> {nnq.stats = #s}) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<3x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x3xf32>, tensor<3x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
